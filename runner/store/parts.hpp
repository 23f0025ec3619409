// The stopped downloads of a run directory: each is a file in parts/, with a note of how much of it
// is on the disk for certain.
#pragma once

#include "runner/store/image_body.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace darkroom::store {

/// Keeps at most one part for each image, and none of them open. Belongs to one thread; syncs run
/// on the pool, which is joined before this ends.
class Parts {
public:
    /// More than this many stopped downloads are not kept: the oldest is dropped.
    static constexpr std::size_t most = 1000;
    /// A download is noted each time that it has grown by so much.
    static constexpr std::uint64_t note_step = 4u << 20;

    /// Takes over what earlier runs have left.
    Parts(std::string directory, BodyLimits limits, boost::asio::thread_pool& pool);
    Parts(Parts const&) = delete;
    Parts& operator=(Parts const&) = delete;
    /// Call it when the pool was joined: removes what a sync has left too late.
    void tidy() const;

    /// Returns the image's body as far as it has come, or an empty one. `place`: place_of() its
    /// link; a part from another place is dropped. Errors: of the disk.
    Result<std::unique_ptr<ImageBody>> open(ImageKey const& key, std::string const& place,
                                            Content content);
    /// Keeps a stopped download for the next attempt, if it can be continued; drops it otherwise.
    void park(ImageKey const& key, std::string const& place, std::unique_ptr<ImageBody> body);
    /// Notes how far a download has come, so that a later run can continue it from there although
    /// this one is killed.
    void note(ImageBody const& body, std::string const& place);
    /// Keeps the bytes of a file that was refused, instead of those of an earlier attempt. Returns
    /// its name below the run directory; "" when there are none.
    std::string keep_refused(ImageKey const& key, ImageBody const& body, std::string why);
    /// Removes what is kept of an image, because it is saved.
    void forget(ImageKey const& key);

private:
    struct Part {
        std::string path;
        PartNote note;                   // of a file whose body is not in memory
        std::unique_ptr<ImageBody> body; // closed; null: the file is to be read
        std::uint64_t order = 0;         // the oldest is dropped first
    };

    Result<std::unique_ptr<ImageBody>> take(ImageKey const& key, std::string const& place,
                                            Content content);
    Result<std::unique_ptr<ImageBody>> reopen(Part& part, Content content) const;
    void put(ImageKey const& key, Part part);
    void sync(std::string part, PartNote note);
    Result<KeptParts> tidied() const;

    std::string directory_;
    BodyLimits limits_;
    boost::asio::thread_pool& pool_;
    std::map<ImageKey, Part> parts_;
    std::uint64_t made_ = 0;    // numbers of parts, never used twice
    std::uint64_t written_ = 0; // notes
    std::uint64_t orders_ = 0;
};

} // namespace darkroom::store
