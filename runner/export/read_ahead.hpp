// Pictures that are prepared before it is their turn, on a few threads.
//
// One thread takes the pictures of an export in their order: it names, counts and reports them.
// What no other picture has a part in is done ahead of it: the line is read, the picture is opened,
// its bytes are read or copied, and compared. Neighbours are prepared together, since handing a
// small picture over takes longer than reading it. An error comes with its picture, so an export
// says the same whichever thread was the first.
#pragma once

#include "runner/export/picture_reader.hpp"

#include <boost/asio/thread_pool.hpp>

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <vector>

namespace darkroom::exports {

/// Prepares the pictures of entries. What waits for its turn has at most pictures_max pictures and
/// about bytes_max bytes, or is one batch.
class ReadAhead {
public:
    static constexpr std::size_t pictures_max = 512;
    static constexpr std::uint64_t bytes_max = 24u << 20;
    static constexpr std::size_t batch_pictures = 64;
    static constexpr std::uint64_t batch_bytes = 2u << 20; ///< Or one picture.

    /// Is called with the number of an entry, on any thread.
    using Prepare = std::function<Result<>(std::size_t, OpenedPicture&)>;
    /// `entries`, and all that `prepare` needs, outlive this.
    ReadAhead(std::vector<Entry> const& entries, Prepare prepare);

    /// Returns the picture of an entry, which stays until the next call. What was prepared is
    /// dropped if it is another one.
    Result<OpenedPicture*> next(std::size_t entry);

private:
    using Pictures = std::vector<Result<std::unique_ptr<OpenedPicture>>>; // an error ends it
    struct Batch {
        std::size_t size = 0;
        std::uint64_t bytes = 0;
        std::future<Pictures> pictures;
    };
    void fill();
    Batch begin_batch();
    static unsigned threads();

    std::vector<Entry> const& entries_;
    Prepare prepare_;
    std::size_t pictures_; ///< As many may wait: fewer where few files may be open.
    std::deque<Batch> batches_;
    std::size_t begun_ = 0;   ///< The first entry of which nothing is begun.
    std::size_t waiting_ = 0; ///< The pictures in all batches, and their bytes:
    std::uint64_t bytes_ = 0;
    Pictures ready_; ///< The batch that is being taken.
    std::size_t taken_ = 0;
    Pictures spent_; ///< The one before it: a thread closes its files, and uses its memory again.
    std::size_t next_ = 0;
    boost::asio::thread_pool pool_{threads()}; // ends before what it uses
};

} // namespace darkroom::exports
