// A folder with files that is deleted after the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace darkroom::jobs::test {

class Folder {
public:
    Folder() {
        auto name = (std::filesystem::temp_directory_path() / "darkroom-jobs-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    ~Folder() {
        std::error_code ignored; // a leftover folder does no harm
        std::filesystem::remove_all(path_, ignored);
    }

    std::string write(std::string const& name, std::string_view content) const {
        auto const file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << content;
        return file.string();
    }
    std::string path(std::string const& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

} // namespace darkroom::jobs::test
