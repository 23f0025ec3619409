// Writes the bytes of one image to its part file: hashed, checked and limited as they arrive.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/base/sha256.hpp"
#include "runner/store/file.hpp"
#include "runner/store/image_check.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace darkroom::store {

struct BodyLimits {
    std::uint64_t bytes = 512u << 20; ///< The limit for one image.
    std::uint64_t spare = 16u << 20;  ///< Free space that must be left for the journal.
};

/// The facts of a complete image that its own bytes show.
struct Received {
    ImageFacts facts;
    std::string sha256;
    std::uint64_t bytes = 0;
};

/// Buffers nothing: memory does not grow with the image.
class ImageBody final : public ByteSink {
public:
    /// Creates the part file, empty.
    static Result<std::unique_ptr<ImageBody>> create(std::string path, BodyLimits limits,
                                                     Content content = Content::image);

    /// Continues where the last transfer stopped if the answer does; offset 0 starts over.
    /// Errors: not_an_image (the type), too_large, wrong_range, or of the disk.
    Result<> begin(BodyStart const& start) override;
    /// Errors: bad_structure, not_an_image, wrong_length, too_large, or of the disk.
    Result<> write(std::string_view bytes) override;

    /// Return the position and the version at which a transfer may resume; 0 and "" when it must
    /// not.
    std::uint64_t offset() const { return etag().empty() ? 0 : received_; }
    std::string const& etag() const;

    /// Completes the checks; call it once, after the last byte. Errors: as write(), or the first
    /// earlier one.
    Result<Received> finish();

    File& file() { return file_; }

private:
    ImageBody(BodyLimits limits, Content content)
        : limits_(limits), content_(content), check_(content) {}
    Result<> start_over();
    Result<> check_start(BodyStart const& start) const;
    Result<> take(std::string_view bytes);
    Error keep(Error error);

    BodyLimits limits_;
    Content content_;
    File file_;
    Sha256 hash_;
    ImageCheck check_;
    std::uint64_t received_ = 0;
    std::optional<std::uint64_t> length_; // of the whole image, if announced
    std::string etag_;
    std::optional<Error> failure_;
};

} // namespace darkroom::store
