#include "runner/base/whole_file.hpp"

#include "runner/base/text.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <istream>
#include <memory>

namespace darkroom {

namespace {

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

constexpr std::size_t piece_bytes = 64u << 10;

} // namespace

Result<std::string> read_whole_file(std::string const& path, std::size_t most) {
    std::unique_ptr<std::FILE, Close> const file(std::fopen(path.c_str(), "rbe"));
    if (!file) return system_error_of(errno, fmt::format("cannot read '{}'", path));
    std::string text;
    while (text.size() <= most) { // in pieces: most files are far smaller than the limit
        auto const had = text.size();
        text.resize(std::min(had + piece_bytes, most + 1));
        auto const size = std::fread(text.data() + had, 1, text.size() - had, file.get());
        if (std::ferror(file.get()) != 0)
            return system_error_of(errno, fmt::format("cannot read '{}'", path));
        text.resize(had + size);
        if (std::feof(file.get()) != 0) return text;
    }
    return Error(make_error_code(boost::system::errc::file_too_large),
                 fmt::format("'{}' has more than {}", path, format_bytes(most)));
}

LineEnd read_line(std::istream& file, std::string& line, std::size_t most) {
    line.clear();
    auto& bytes = *file.rdbuf();
    for (;;) {
        auto const next = bytes.sbumpc();
        if (next == std::char_traits<char>::eof()) {
            file.setstate(std::ios::eofbit);
            return LineEnd::end_of_file;
        }
        if (next == '\n') return LineEnd::found;
        if (line.size() == most) return LineEnd::too_long;
        line += static_cast<char>(next);
    }
}

} // namespace darkroom
