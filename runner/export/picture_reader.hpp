// The pictures of an export, opened in their order.
#pragma once

#include "runner/export/sample.hpp"
#include "runner/export/selection.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <deque>
#include <future>
#include <string>
#include <vector>

namespace darkroom::exports {

/// Says why a picture is left out.
enum class PictureProblem { none, missing, changed };

/// A picture that is open, or the reason why it is not.
struct OpenedPicture {
    Sample sample;
    Descriptor file; ///< Its number is that of sample.file.
    PictureProblem problem = PictureProblem::none;
    std::string why;
    /// Valid where it is read ahead: the bytes, or nothing for wrong ones.
    std::future<Result<std::optional<std::string>>> content;
};

/// Reads the lines of entries, and opens their pictures. Both outlive it.
class PictureReader {
public:
    PictureReader(Sources const& sources, Options const& options)
        : sources_(sources), options_(options) {}

    Result<Sample> sample_of(Entry const& entry) const;
    /// Errors: of the disk; a picture that is missing or has another size is none.
    Result<OpenedPicture> open(Entry const& entry) const;

private:
    Sources const& sources_;
    Options const& options_;
};

/// Opens pictures before it is their turn, and reads and compares the larger ones on threads of its
/// own: for small ones that costs more than it saves. What is read ahead takes at most about
/// bytes_max of memory, or one picture.
class ReadAhead {
public:
    static constexpr std::uint64_t bytes_max = 24u << 20;
    static constexpr std::size_t pictures_max = 32;
    static constexpr std::uint64_t small_bytes = 128u << 10;

    ReadAhead(PictureReader const& reader, std::vector<Entry> const& entries)
        : reader_(reader), entries_(entries) {}

    /// Returns the picture of an entry. What was read ahead is dropped if it is another one.
    Result<OpenedPicture> next(std::size_t entry);

private:
    Result<> fill();
    void start_at(std::size_t entry);
    static unsigned threads();

    PictureReader const& reader_;
    std::vector<Entry> const& entries_;
    std::deque<OpenedPicture> queue_;
    std::size_t end_ = 0; ///< The first entry that is not in the queue yet.
    std::uint64_t bytes_ = 0;
    boost::asio::thread_pool pool_{threads()}; // ends before what it reads is closed
};

} // namespace darkroom::exports
