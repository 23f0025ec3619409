// The pictures of an export, opened in their order.
#pragma once

#include "runner/export/sample.hpp"
#include "runner/export/selection.hpp"

#include <string>

namespace darkroom::exports {

/// Says why a picture is left out.
enum class PictureProblem { none, missing, changed, removed };

/// A picture that is open, or the reason why it is not.
struct OpenedPicture {
    Sample sample;
    Descriptor file; ///< Its number is that of sample.file.
    PictureProblem problem = PictureProblem::none;
    std::string why;

    /// Forgets the picture. The memory of its texts and, if there is little, of its bytes stays for
    /// the next one.
    void reset();
};

/// Reads the lines of entries, and opens their pictures. Both outlive it. Any thread may
/// use it.
class PictureReader {
public:
    PictureReader(Sources const& sources, Options const& options)
        : sources_(sources), options_(options) {}

    /// Reads the line of an entry.
    Result<> read(Entry const& entry, Sample& sample) const;
    /// Reads it, and opens its picture. Errors: of the disk; a picture that is missing or has
    /// another size is none.
    Result<> open(Entry const& entry, OpenedPicture& picture) const;

private:
    Sources const& sources_;
    Options const& options_;
};

} // namespace darkroom::exports
