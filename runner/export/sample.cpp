#include "runner/export/sample.hpp"

#include <cerrno>
#include <unistd.h>

namespace darkroom::exports {

std::string FormatWriter::listing_of(Sample const&) const { return {}; }

Result<> FormatWriter::begin_entry(std::string const&, std::uint64_t, std::string_view) {
    return {};
}

std::optional<FinishedPart> FormatWriter::next_finished() { return std::nullopt; }

Result<bool> FormatWriter::keep_finished() { return false; }

Result<bool> read_picture(PictureFile const& file, std::string& bytes) {
    bytes.resize(file.bytes);
    std::size_t have = 0;
    while (have < bytes.size()) {
        auto const count = ::pread(file.descriptor, bytes.data() + have, bytes.size() - have,
                                   static_cast<off_t>(have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", "a picture");
        if (count == 0) return false;
        have += static_cast<std::size_t>(count);
    }
    return to_hex(sha256(bytes)) == file.sha256;
}

} // namespace darkroom::exports
