#include "runner/cli/gallery.hpp"

#include "jobs/model/job_spec.hpp"
#include "jobs/plan/picks.hpp"
#include "runner/base/clock.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/gallery/gallery_page.hpp"
#include "runner/store/atomic_file.hpp"
#include "runner/store/journal_removed.hpp"
#include "runner/store/manifest_reader.hpp"
#include "runner/store/run_folder.hpp"
#include "runner/store/run_history.hpp"
#include "runner/store/thumbnails.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace darkroom::cli {

namespace {

using TakeRow = std::function<Result<>(engine::ManifestRow const&, report::CardState)>;

/// Gives the rows of both lists. Where a directory has no manifest, those of the journal. Rows of
/// pictures that `darkroom clean` has removed come without their file.
Result<> for_each_row(std::string const& directory, TakeRow const& take) {
    using report::CardState;
    auto const manifest = directory + "/manifest.jsonl";
    auto const unwanted = directory + "/unwanted.jsonl";
    auto const removed = or_quit(store::removed_images(journal_of(directory)));
    auto const as = [&](CardState state) {
        return [&, state](engine::ManifestRow row) {
            bool const may_be_gone = !row.file.empty() && removed.has(store::image_of(row));
            if (may_be_gone && !store::exists(directory + "/" + row.file)) row.file.clear();
            return take(row, state);
        };
    };
    if (store::exists(manifest)) {
        TRY(store::for_each_manifest_row(manifest, as(CardState::delivered)));
    } else {
        TRY_ASSIGN(auto history, store::RunHistory::open_snapshot(journal_of(directory)));
        TRY(history.for_each_image(as(CardState::delivered)));
    }
    if (!store::exists(unwanted)) return {};
    return store::for_each_manifest_row(unwanted, as(CardState::unwanted));
}

/// Makes the thumbnails of a run, some hundred pictures at a time.
class ThumbnailMaker {
public:
    ThumbnailMaker(store::Thumbnails& thumbnails, GalleryWish const& wish, WrittenGallery& written)
        : thumbnails_(thumbnails), wish_(wish), written_(written) {}

    Result<> run() {
        TRY(for_each_row(wish_.directory, [this](auto const& row, auto) { return add(row); }));
        TRY(make());
        return thumbnails_.save();
    }

private:
    static constexpr std::size_t batch_max = 512;
    static constexpr std::uint64_t saved_after = 4096;

    Result<> add(engine::ManifestRow const& row) {
        store::ThumbnailSource source{row.file, {}};
        bool const has_one = row.kind == "image" && !row.file.empty() &&
                             from_hex(row.sha256, source.sha256) &&
                             !thumbnails_.colour_of(source.sha256);
        if (has_one) batch_.push_back(std::move(source));
        return batch_.size() >= batch_max ? make() : Result<>();
    }

    Result<> make() {
        TRY_ASSIGN(auto const made, thumbnails_.make(batch_, [this](std::string const& text) {
            ++written_.without;
            wish_.note(text);
        }));
        batch_.clear();
        written_.thumbnails += made;
        unsaved_ += made;
        if (unsaved_ < saved_after) return {};
        unsaved_ = 0;
        return thumbnails_.save();
    }

    store::Thumbnails& thumbnails_;
    GalleryWish const& wish_;
    WrittenGallery& written_;
    std::vector<store::ThumbnailSource> batch_;
    std::uint64_t unsaved_ = 0;
};

/// Returns the way from the page's folder to the run directory, "" or with a '/' at its end.
std::string way_to(std::string const& directory, std::string const& folder) {
    std::error_code error;
    auto const to = std::filesystem::canonical(directory, error);
    auto const from = error ? std::filesystem::path() : std::filesystem::canonical(folder, error);
    if (error) throw Quit(ExitCode::no_input, fmt::format("{}: {}", folder, error.message()));
    auto const way = to.lexically_relative(from).generic_string();
    return way == "." ? std::string() : way + "/";
}

/// Sets what the job file says, as far as it can be read.
void read_job(report::GalleryHead& top, std::string const& directory) {
    try {
        auto const job = saved_job(directory, Verbosity::nothing);
        top.currency = job.file.shown_currency();
        for (auto const& one : job.file.jobs) top.jobs.push_back(one->id);
    } catch (Quit const&) { // the job file is of another version, or needs a file that is gone
        return;
    }
}

report::GalleryHead head_of(std::string const& directory, std::string const& folder) {
    report::GalleryHead top;
    auto const place = std::filesystem::absolute(directory).lexically_normal();
    top.name = last_job_name(directory).value_or(place.filename().string());
    top.directory = directory;
    top.base = way_to(directory, folder);
    read_job(top, directory);
    top.at = SteadyClock().wall();
    if (auto const picks = store::read_file(directory + "/picks.json", jobs::picks_bytes_max);
        picks.has_value())
        top.picks = *picks;
    top.is_running = or_quit(store::holder_of(directory)).has_value();
    return top;
}

/// Without `thumbnails` no colour is known, and what is in flight is shown otherwise.
Result<> add_rows(report::GalleryPage& page, std::string const& directory,
                  store::Thumbnails const* thumbnails, WaitingChoices& waiting) {
    std::size_t rows = 0;
    TRY(for_each_row(directory, [&](auto const& row, auto state) -> Result<> {
        if (thumbnails == nullptr && ++rows > served_rows_max) return {};
        waiting.rows.erase(row.key);
        Digest sha256{};
        bool const has_file = thumbnails != nullptr && from_hex(row.sha256, sha256);
        return page.add(row, state, has_file ? thumbnails->colour_of(sha256) : std::nullopt);
    }));
    for (auto const& [key, row] : waiting.rows) // of pictures that were not kept
        TRY(page.add(row, report::CardState::delivered, std::nullopt));
    TRY_ASSIGN(auto history, store::RunHistory::open_snapshot(journal_of(directory)));
    TRY(history.for_each_failed(
        [&](auto const& row) { return page.add(row, report::CardState::failed); }));
    if (thumbnails == nullptr) return {};
    return history.for_each_open(
        [&](auto const& row) { return page.add(row, report::CardState::open); });
}

Result<> write_page(std::string const& path, GalleryWish const& wish,
                    store::Thumbnails const& thumbnails) {
    auto const folder = store::parent_of(path);
    auto const name = std::filesystem::path(path).filename().string();
    TRY_ASSIGN(auto file, store::AtomicFile::create({path + ".part", folder, name}));
    report::GalleryPage page([&file](std::string_view piece) { return file.write(piece); });
    auto top = head_of(wish.directory, folder);
    auto waiting = wish.picks ? *wish.picks : choices_if_any(wish.directory);
    top.is_for_picks = wish.picks.has_value();
    top.choices = std::move(waiting.choices);
    TRY(page.begin(top));
    TRY(add_rows(page, wish.directory, &thumbnails, waiting));
    TRY(page.end());
    return file.commit();
}

} // namespace

WrittenGallery write_gallery(GalleryWish const& wish) {
    journal_of(wish.directory);
    WrittenGallery written;
    written.path = wish.file.empty() ? wish.directory + "/gallery.html" : wish.file;
    way_to(wish.directory, store::parent_of(written.path));
    auto thumbnails = or_quit(store::Thumbnails::open(wish.directory));
    or_quit(ThumbnailMaker(thumbnails, wish, written).run());
    or_quit(write_page(written.path, wish, thumbnails));
    return written;
}

Result<std::string> served_gallery(std::string const& directory, ServedRun run) {
    std::string text;
    report::GalleryPage page([&text](std::string_view piece) -> Result<> {
        text += piece;
        return {};
    });
    try {
        auto top = head_of(directory, directory);
        top.is_live = run == ServedRun::at_work;
        top.is_served = true;
        auto waiting = choices_if_any(directory);
        top.choices = std::move(waiting.choices);
        TRY(page.begin(top));
        TRY(add_rows(page, directory, nullptr, waiting));
        TRY(page.end());
    } catch (Quit const& quit) { // such as a directory that has gone
        return Error(error_code(), quit.what());
    }
    return text;
}

} // namespace darkroom::cli
