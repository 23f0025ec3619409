#include "runner/cli/manifest_rows.hpp"

#include "jobs/plan/picks.hpp"
#include "runner/base/relative_path.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/store/error.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_columns.hpp"
#include "runner/store/manifest_reader.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <future>
#include <unistd.h>
#include <utility>

namespace darkroom::cli {

namespace {

/// Refuses a directory in which nothing is listed although something is saved.
void check_no_manifest(std::string const& directory) {
    auto const journal = directory + "/journal.db";
    if (!store::exists(journal))
        throw Quit(ExitCode::no_input,
                   fmt::format("{}: no run directory, it has no manifest.jsonl", directory));
    auto reader = or_quit(store::JournalReader::open(journal));
    if (or_quit(reader.count_images()) > 0)
        throw Quit(ExitCode::no_input,
                   fmt::format("{}: manifest.jsonl is gone; the next 'darkroom run FILE' writes it "
                               "again",
                               directory));
}

/// Reads lines as rows on two threads, and passes them on in their order.
class RowsAhead {
public:
    using Read = std::function<Result<>(std::string_view, std::uint64_t, exports::ListedRow&)>;
    RowsAhead(Read read, exports::RowSource::Take const& take)
        : read_(std::move(read)), take_(take) {}

    /// Takes the next piece of the file. Errors: of an earlier piece.
    Result<> operator()(std::string_view piece) {
        auto const end = piece.rfind('\n') + 1; // npos + 1 is 0
        rest_ += piece.substr(0, end);
        if (end > 0 || rest_.size() > bytes_max) {
            TRY(begin());
        }
        rest_ += piece.substr(end);
        return {};
    }
    /// Passes the rest on.
    Result<> finish() {
        for (std::size_t i = 0; i < batches_.size(); ++i) {
            TRY(take_oldest());
        }
        return {};
    }

private:
    static constexpr std::size_t bytes_max = 8u << 20; // the reader of lines refuses such a line
    struct Batch {
        std::string text;
        std::uint64_t offset = 0;
        std::vector<exports::ListedRow> rows; ///< Their memory is used again.
        std::size_t size = 0;
        std::future<Result<>> read; ///< Valid until somebody has asked for it.
    };

    Result<> begin() {
        auto& batch = batches_[next_];
        TRY(take_oldest());
        batch.text.swap(rest_);
        rest_.clear();
        batch.offset = std::exchange(offset_, offset_ + batch.text.size());
        auto task = std::make_shared<std::packaged_task<Result<>()>>(
            [this, &batch] { return read(batch); });
        batch.read = task->get_future();
        boost::asio::post(pool_, [task] { (*task)(); });
        return {};
    }

    Result<> read(Batch& batch) const {
        Result<> done;
        auto offset = batch.offset;
        batch.size = 0;
        store::LineReader lines([&](std::string_view line) {
            if (done.has_error()) return;
            if (batch.size == batch.rows.size()) batch.rows.emplace_back();
            done = read_(line, offset, batch.rows[batch.size]);
            offset += line.size() + 1;
            if (done.has_value()) ++batch.size;
        });
        TRY(lines(batch.text));
        return done;
    }

    /// Passes the rows of the oldest batch on, whose place the next one takes.
    Result<> take_oldest() {
        auto& batch = batches_[next_];
        next_ = (next_ + 1) % batches_.size();
        if (!batch.read.valid()) return {};
        auto done = batch.read.get();
        for (std::size_t i = 0; i < batch.size; ++i) {
            TRY(take_(batch.rows[i]));
        }
        return done;
    }

    Read read_;
    exports::RowSource::Take const& take_;
    std::string rest_; ///< The start of a line.
    std::uint64_t offset_ = 0;
    std::array<Batch, 4> batches_;
    std::size_t next_ = 0;
    boost::asio::thread_pool pool_{2}; // ends before what it uses
};

} // namespace

ManifestRows::ManifestRows(std::string directory) : directory_(std::move(directory)) {
    auto const path = directory_ + "/manifest.jsonl";
    if (!store::exists(path)) {
        check_no_manifest(directory_);
        return;
    }
    manifest_ = or_quit(store::File::own(path, O_RDONLY));
    bytes_ = or_quit(manifest_.size());
    folder_ = or_quit(store::Directory::open(directory_));
}

/// An export of pictures that are all there leaves the journal alone: to read it changes the files
/// beside it.
bool ManifestRows::is_removed(engine::ManifestRow const& row) {
    std::lock_guard const lock(mutex_);
    if (!removed_) {
        auto found = store::removed_images(directory_ + "/journal.db");
        removed_ = found.has_value() ? std::move(*found) : store::RemovedImages();
    }
    return removed_->has(store::image_of(row));
}

Result<> ManifestRows::read_row(std::string_view line, std::uint64_t offset,
                                ReadColumns read_columns, exports::ListedRow& listed) const {
    auto const columns = store::LineColumns::split(line);
    if (!columns || !read_columns(*columns, listed.row))
        return Error(store::Errc::damaged_manifest,
                     fmt::format("{}/manifest.jsonl, at byte {}", directory_, offset));
    columns->write_line(listed.line);
    auto const picked = columns->at(store::Column::picked);
    listed.picked.reset();
    if (picked == "true" || picked == "false") listed.picked = picked == "true";
    listed.offset = offset;
    listed.length = static_cast<std::uint32_t>(line.size());
    return {};
}

Result<> ManifestRows::for_each(Take const& take) {
    if (!manifest_.is_open()) return {};
    auto const read_one = [this](std::string_view line, std::uint64_t offset, auto& listed) {
        return read_row(line, offset, store::read_chosen_by, listed);
    };
    RowsAhead rows(read_one, take);
    TRY(manifest_.read(bytes_, [&rows](std::string_view piece) { return rows(piece); }));
    return rows.finish();
}

Result<> ManifestRows::read(std::uint64_t offset, std::uint32_t length,
                            exports::ListedRow& listed) {
    thread_local std::string line;
    line.resize(length);
    for (std::size_t have = 0; have < line.size();) {
        auto const count = ::pread(manifest_.descriptor(), line.data() + have, line.size() - have,
                                   static_cast<off_t>(offset + have));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return store::file_error("read", manifest_.path());
        if (count == 0) return Error(store::Errc::damaged_manifest, manifest_.path());
        have += static_cast<std::size_t>(count);
    }
    return read_row(line, offset, store::read_manifest_row, listed);
}

Result<std::string> ManifestRows::picks() {
    auto const path = directory_ + "/picks.json";
    return store::exists(path) ? store::read_file(path, jobs::picks_bytes_max) : std::string();
}

/// Pictures come in the order of their places, and so do their directories: the last one is kept.
Result<ManifestRows::Way> ManifestRows::way_to(std::string const& name) {
    std::lock_guard const lock(mutex_);
    if (way_ && way_name_ == name) return way_;
    way_ = nullptr;
    TRY_ASSIGN(auto directory, folder_.below(name, store::Directory::Missing::is_error));
    way_ = std::make_shared<store::Directory const>(std::move(directory));
    way_name_ = name;
    return way_;
}

Result<exports::SourceFile> ManifestRows::open(std::string const& file) {
    if (!stays_below(file))
        return Error(
            store::Errc::damaged_manifest,
            fmt::format("{}: a line names the file '{}', which is not below it", directory_, file));
    auto const [way, name] = store::split_path(file);
    TRY_ASSIGN(auto const directory, way_to(way));
    TRY_ASSIGN(auto opened, directory->file(name, O_RDONLY));
    auto const bytes = opened.bytes_at_first();
    return exports::SourceFile{exports::Descriptor(opened.release()), bytes};
}

exports::Sources sources_of(std::vector<std::string> const& directories) {
    exports::Sources sources;
    for (auto const& directory : directories)
        sources.push_back(std::make_unique<ManifestRows>(directory));
    return sources;
}

} // namespace darkroom::cli
