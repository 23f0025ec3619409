#include "runner/store/stream_file.hpp"

#include "runner/store/error.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::store {

Result<std::string> read_to_end(std::string const& path, std::uint64_t limit) {
    TRY_ASSIGN(auto const file, File::open(path, O_RDONLY));
    std::array<char, 16 << 10> buffer;
    std::string text;
    for (;;) {
        auto const room = std::min<std::uint64_t>(buffer.size(), limit - text.size() + 1);
        auto const count = ::read(file.descriptor(), buffer.data(), static_cast<std::size_t>(room));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", path);
        if (count == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(count));
        if (text.size() > limit)
            return Error(make_error_code(Errc::too_large),
                         fmt::format("{} has more than {} bytes", path, limit));
    }
}

} // namespace darkroom::store
