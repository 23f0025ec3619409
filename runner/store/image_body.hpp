// Writes the bytes of one image to its part file: hashed, checked and limited as they arrive.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/base/sha256.hpp"
#include "runner/store/file.hpp"
#include "runner/store/image_check.hpp"
#include "runner/store/part_note.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace darkroom::store {

struct BodyLimits {
    std::uint64_t bytes = 512u << 20; ///< The limit for one image.
    std::uint64_t spare = 16u << 20;  ///< Free space that must be left for the journal.
    std::uint64_t page = 1u << 20;    ///< So much is kept of a page that came instead of one.
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

    /// Opens the part that a note describes, as long as the note says, and checks that its bytes
    /// are those. Reads all of it. Errors: wrong_length, bad_structure, or of the disk.
    static Result<std::unique_ptr<ImageBody>> restore(std::string path, PartNote const& note,
                                                      BodyLimits limits,
                                                      Content content = Content::image);

    /// Continues where the last transfer stopped if the answer does; offset 0 starts over. Bytes
    /// that are no image are written as well, since a person may want to see them: finish() says
    /// so. Errors: too_large, wrong_range, or of the disk.
    Result<> begin(BodyStart const& start) override;
    /// Errors: wrong_length, too_large, or of the disk.
    Result<> write(std::string_view bytes) override;

    /// Return the position and the version at which a transfer may resume; 0 and "" when it must
    /// not.
    std::uint64_t offset() const { return etag().empty() ? 0 : received_; }
    std::string const& etag() const;
    /// Returns how many bytes were written.
    std::uint64_t bytes() const { return received_; }
    /// Returns what a note has to say of the bytes so far, without their place. They are not
    /// synced yet.
    PartNote note() const;

    /// Completes the checks; call it once, after the last byte. Errors: not_an_image,
    /// bad_structure, wrong_length, or the first earlier one.
    Result<Received> finish();

    /// Close the file and open it again where it ends: a download that is stopped needs none.
    void close() { file_.close(); }
    Result<> reopen();
    std::string const& path() const { return path_; }
    File& file() { return file_; }

private:
    ImageBody(BodyLimits limits, Content content)
        : limits_(limits), content_(content), check_(content) {}
    Result<> start_over();
    Result<> check_start(BodyStart const& start) const;
    Result<> take(std::string_view bytes);
    Result<> add(std::string_view bytes);
    Error keep(Error error);

    BodyLimits limits_;
    Content content_;
    std::string path_;
    File file_; // closed while the download is stopped
    Sha256 hash_;
    ImageCheck check_;
    std::uint64_t received_ = 0;
    std::optional<std::uint64_t> length_; // of the whole image, if announced
    std::string etag_;
    std::optional<Error> failure_; // nothing more is written
    std::optional<Error> refusal_; // no image, or a damaged one; the rest is still written
};

} // namespace darkroom::store
