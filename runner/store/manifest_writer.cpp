#include "runner/store/manifest_writer.hpp"

#include "runner/store/journal_meta.hpp"
#include "runner/store/manifest_index.hpp"
#include "runner/store/manifest_line.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <utility>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr int sidecars_waiting_max = 1000; // more are written on the loop's thread

constexpr std::string_view sidecars_key = "sidecars"; // stored: never changed

} // namespace

Result<std::unique_ptr<ManifestWriter>>
ManifestWriter::open(RunFolder const& folder, JournalReader& journal, Sidecars sidecars) {
    std::unique_ptr<ManifestWriter> writer(new ManifestWriter(folder, journal, sidecars));
    auto const add_sidecars = [&](ImageRecord const&, std::string const& line) {
        return writer->write_sidecars(line);
    };
    TRY(writer->begin_sidecars());
    TRY_ASSIGN(auto const repaired, repair_manifest(folder, journal, add_sidecars));
    writer->repaired_ = repaired;
    writer->arranged_bytes_ = repaired.arranged;
    TRY_ASSIGN(writer->listed_failed_, rebuild_failed(folder, journal));
    TRY(writer->open_files());
    return writer;
}

ManifestWriter::~ManifestWriter() { pool_.join(); }

Result<> ManifestWriter::open_files() {
    TRY_ASSIGN(auto manifest, File::own(folder_.manifest(), O_WRONLY | O_APPEND));
    TRY_ASSIGN(auto failed, File::own(folder_.failed(), O_WRONLY | O_APPEND));
    manifest_ = std::move(manifest);
    failed_ = std::move(failed);
    return {};
}

/// The journal has the name of the sidecars that are complete. While a run is at work it has none.
Result<> ManifestWriter::begin_sidecars() {
    TRY_ASSIGN(auto const complete, read_meta(folder_.journal(), sidecars_key));
    needs_all_sidecars_ = sidecars_.any() && complete.value_or("") != sidecars_.name();
    if (complete.value_or("").empty()) return {};
    return write_meta(folder_.journal(), sidecars_key, "");
}

void ManifestWriter::on_event(Event const& event, StepState const& state) {
    if (std::holds_alternative<ChargedAgain>(event.fact)) was_charged_again_ = true;
    if (torn_) return;
    Result<> done;
    if (std::holds_alternative<ImageSaved>(event.fact)) done = add_image(event, state);
    if (auto const* failed = std::get_if<Failed>(&event.fact); failed != nullptr && failed->final)
        done = add_failed(event, state);
    if (done.has_value()) return;
    torn_ = true;
    failure_ = done.error();
}

/// Lists each step once: one that fails again keeps its line until the file is written anew.
Result<> ManifestWriter::add_failed(Event const& event, StepState const& state) {
    if (!listed_failed_.insert(event.step).second) return {};
    return failed_.write(failed_line(failed_row_of(event.step, state, event.at)) + '\n');
}

Result<> ManifestWriter::add_image(Event const& event, StepState const& state) {
    auto const line = manifest_line(event, state);
    auto const written = write_sidecars(line);
    if (written.has_error() && !failure_) failure_ = written.error();
    bool const each_once = state.times_saved == static_cast<int>(state.saved.size());
    if (each_once) return manifest_.write(line + '\n');
    // The image was downloaded again after its file was lost: finish() removes the old line.
    saved_again_.insert({event.step, std::get<ImageSaved>(event.fact).image.tile});
    return {};
}

Result<> ManifestWriter::write_sidecars(std::string const& line) {
    auto const columns = LineColumns::split(line);
    if (!columns || !sidecars_.any()) return {};
    for (auto& sidecar : sidecars_of(*columns, sidecars_))
        TRY(write_sidecar_soon(std::move(sidecar)));
    return {};
}

/// Writes on the pool, since that waits for the disk; here when too many wait there already.
Result<> ManifestWriter::write_sidecar_soon(Sidecar sidecar) {
    if (sidecars_waiting_ >= sidecars_waiting_max) {
        auto const part = folder_.parts() + "/darkroom.sidecar-now";
        TRY_ASSIGN(auto const outcome, write_sidecar(folder_, sidecar, part, Durable::at_once));
        sidecars_left_ += outcome == SidecarOutcome::not_ours ? 1 : 0;
        return {};
    }
    ++sidecars_waiting_;
    boost::asio::post(pool_, [this, sidecar = std::move(sidecar)] {
        auto const part = folder_.parts() + "/darkroom.sidecar";
        auto const written = write_sidecar(folder_, sidecar, part, Durable::at_once);
        if (written.has_error() && !sidecar_failure_) sidecar_failure_ = written.error();
        if (written.has_value() && *written == SidecarOutcome::not_ours) ++sidecars_left_;
        --sidecars_waiting_;
    });
    return {};
}

void ManifestWriter::note_all_sidecars(std::uint64_t not_ours) {
    needs_all_sidecars_ = false;
    sidecars_left_ += not_ours;
}

Result<PresentLines> ManifestWriter::present() {
    PresentLines lines;
    TRY_ASSIGN(lines.bytes, manifest_.size());
    TRY_ASSIGN(lines.last_seq, journal_.last_image_seq());
    return lines;
}

Result<bool> ManifestWriter::adopt(ArrangedFiles files) {
    bool const removes = !files.has_unwanted && exists(folder_.unwanted());
    bool const changes = files.manifest || files.unwanted || removes;
    if (files.was_stopped || torn_ || !changes) return false;
    TRY(write_arranged_seq(folder_, files.of.last_seq));
    if (files.manifest) {
        TRY_ASSIGN(has_kept_0_1_, keep_manifest_of_0_1(folder_));
        TRY_ASSIGN(auto const old, File::own(folder_.manifest(), O_RDONLY));
        TRY_ASSIGN(auto const size, old.size());
        LinesAt added(old); // few: those of the seconds that the arrangement took
        for (auto at = files.of.bytes; at < size;) {
            TRY_ASSIGN(auto const line, added.read(at));
            TRY(files.manifest->write(std::string(line) + '\n'));
            at += line.size() + 1;
        }
        TRY(files.manifest->commit());
    }
    if (files.unwanted) TRY(files.unwanted->commit());
    if (removes) TRY(remove_file(folder_.unwanted()));
    arranged_bytes_ = files.bytes;
    TRY_ASSIGN(auto manifest, File::own(folder_.manifest(), O_WRONLY | O_APPEND));
    std::swap(manifest_, manifest);
    close_soon(std::move(manifest));
    return true;
}

/// Closes on the pool: the disk needs a second to free a gigabyte that has no name any more.
void ManifestWriter::close_soon(File file) {
    boost::asio::post(pool_, [held = std::move(file)] {});
}

Result<> ManifestWriter::finish(LinesAtEnd const& end) {
    pool_.join();
    TRY(rebuild_failed(folder_, journal_, end.given_up));
    TRY(finish_lines());
    if (end.repeats != nullptr) TRY(add_repeats(*end.repeats));
    TRY(manifest_.sync());
    if (sidecar_failure_) return *sidecar_failure_;
    // A line that could not be written is there now; a sidecar is not.
    if (failure_ && !torn_) return *failure_;
    if (!sidecars_.any() || needs_all_sidecars_) return {};
    return write_meta(folder_.journal(), sidecars_key, sidecars_.name());
}

Result<> ManifestWriter::finish_lines() {
    auto const ignore = [](ImageRecord const&, std::string const&) { return Result<>(); };
    if (!saved_again_.empty() || was_charged_again_) {
        TRY_ASSIGN(arranged_bytes_,
                   renew_manifest(folder_, journal_, arranged_bytes_, saved_again_));
    } else if (torn_) {
        TRY(repair_manifest(folder_, journal_, ignore));
    }
    TRY_ASSIGN(manifest_, File::own(folder_.manifest(), O_WRONLY | O_APPEND));
    return {};
}

/// Lists the items that share a picture which this run has saved.
Result<> ManifestWriter::add_repeats(PlanOfLines const& plan) {
    TRY_ASSIGN(auto const lines, present());
    return for_each_missing_repeat(
        folder_, lines, plan, [this](std::string const& line) -> Result<> {
            auto const columns = LineColumns::split(line);
            if (columns && sidecars_.any()) {
                for (auto const& sidecar : sidecars_of(*columns, sidecars_)) {
                    auto const part = folder_.parts() + "/darkroom.sidecar-now";
                    TRY_ASSIGN(auto const outcome,
                               write_sidecar(folder_, sidecar, part, Durable::later));
                    sidecars_left_ += outcome == SidecarOutcome::not_ours ? 1 : 0;
                }
            }
            return manifest_.write(line + '\n');
        });
}

} // namespace darkroom::store
