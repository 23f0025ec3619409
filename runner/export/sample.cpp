#include "runner/export/sample.hpp"

#include <algorithm>
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
    constexpr std::size_t piece = 256u << 10; // digested while it is near
    bytes.resize(file.bytes);
    Sha256 hash;
    std::size_t have = 0;
    while (have < bytes.size()) {
        auto const count = ::pread(file.descriptor, bytes.data() + have,
                                   std::min(piece, bytes.size() - have), static_cast<off_t>(have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", "a picture");
        if (count == 0) return false;
        hash.update({bytes.data() + have, static_cast<std::size_t>(count)});
        have += static_cast<std::size_t>(count);
    }
    return to_hex(hash.finish()) == file.sha256;
}

} // namespace darkroom::exports
