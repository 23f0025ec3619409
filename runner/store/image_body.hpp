// The bytes of one image on their way to its part file: hashed, checked and limited as they come.
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
    std::uint64_t bytes = 512u << 20; ///< Of one image.
    std::uint64_t spare = 16u << 20;  ///< Free space that must be left for the journal.
};

/// A whole image, as far as its own bytes tell.
struct Received {
    ImageFacts facts;
    std::string sha256;
    std::uint64_t bytes = 0;
};

/// Nothing is buffered: memory does not grow with the image.
class ImageBody final : public ByteSink {
public:
    /// Creates the part file, empty.
    static Result<std::unique_ptr<ImageBody>> create(std::string path, BodyLimits limits,
                                                     Content content = Content::image);

    /// Goes on where the last transfer stopped if the answer does; with offset 0 all begins anew.
    /// Errors: not_an_image (the type), too_large, wrong_range, or of the disk.
    Result<> begin(BodyStart const& start) override;
    /// Errors: of the structure, wrong_length, too_large, or of the disk.
    Result<> write(std::string_view bytes) override;

    /// Where a resumed transfer may go on, and for which version; 0 and "" when it must not.
    std::uint64_t offset() const { return etag().empty() ? 0 : received_; }
    std::string const& etag() const;

    /// After the last byte, once. Errors: as write(), and the first one there was.
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
    std::optional<std::uint64_t> length_; // of the whole image, when announced
    std::string etag_;
    std::optional<Error> failure_;
};

} // namespace darkroom::store
