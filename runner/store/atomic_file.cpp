#include "runner/store/atomic_file.hpp"

#include "runner/base/relative_path.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace darkroom::store {

Result<AtomicFile> AtomicFile::create(AtomicPaths paths) {
    TRY_ASSIGN(auto opened, File::own(paths.part, O_WRONLY | O_CREAT | O_TRUNC));
    AtomicFile file;
    file.file_ = std::move(opened);
    file.paths_ = std::move(paths);
    return file;
}

AtomicFile::~AtomicFile() {
    if (file_.is_open()) ::unlink(paths_.part.c_str());
}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(paths_, other.paths_);
    return *this;
}

Result<> AtomicFile::write(std::string_view bytes) { return file_.write(bytes); }

Result<> AtomicFile::commit() {
    TRY(file_.sync());
    if (!stays_below(paths_.name))
        return Error(Errc::not_ours,
                     fmt::format("'{}' is not below {}", paths_.name, paths_.directory));
    auto const [way, name] = split_path(paths_.name);
    TRY_ASSIGN(auto const top, Directory::open(paths_.directory));
    TRY_ASSIGN(auto directory, top.below(way, Directory::Missing::is_error));
    TRY(directory.take_over(paths_.part, name));
    file_.close();
    return directory.sync();
}

Result<> write_atomically(AtomicPaths paths, std::string_view bytes) {
    TRY_ASSIGN(auto file, AtomicFile::create(std::move(paths)));
    TRY(file.write(bytes));
    return file.commit();
}

} // namespace darkroom::store
