#include "runner/store/manifest_writer.hpp"

#include "runner/store/atomic_file.hpp"
#include "runner/store/manifest_line.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <utility>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr int sidecars_waiting_max = 1000; // more are written on the loop's thread

/// Returns "a/b" for "a/b.png".
std::string without_extension(std::string const& file) { return file.substr(0, file.rfind('.')); }

} // namespace

Result<std::unique_ptr<ManifestWriter>>
ManifestWriter::open(RunFolder const& folder, JournalReader& journal, Sidecars sidecars) {
    std::unique_ptr<ManifestWriter> writer(new ManifestWriter(folder, journal, sidecars));
    auto const add_sidecars = [&](ImageRecord const& image, std::string const& line) {
        return writer->write_sidecars(image.event, image.state, line);
    };
    TRY_ASSIGN(auto const repaired, repair_manifest(folder, journal, add_sidecars));
    writer->repaired_ = repaired;
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

void ManifestWriter::on_event(Event const& event, StepState const& state) {
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
    auto const written = write_sidecars(event, state, line);
    if (written.has_error() && !failure_) failure_ = written.error();
    bool const each_once = state.times_saved == static_cast<int>(state.saved.size());
    if (each_once) return manifest_.write(line + '\n');
    // The image was downloaded again after its file was lost: finish() removes the old line.
    out_of_date_ = true;
    return {};
}

Result<> ManifestWriter::write_sidecars(Event const& event, StepState const& state,
                                        std::string const& line) {
    auto const& file = std::get<ImageSaved>(event.fact).image.file;
    if (file.empty()) return {};
    auto const stem = without_extension(file);
    Result<> done;
    if (sidecars_.captions && !makes_text(state.info))
        done = write_sidecar(stem + ".txt", state.info.prompt + '\n');
    if (done.has_value() && sidecars_.sidecar) done = write_sidecar(stem + ".json", line + '\n');
    return done;
}

/// Writes on the pool, since that waits for the disk; here when too many wait there already.
Result<> ManifestWriter::write_sidecar(std::string const& name, std::string text) {
    if (sidecars_waiting_ >= sidecars_waiting_max)
        return write_atomically({folder_.parts() + "/darkroom.sidecar-now", folder_.path(), name},
                                text);
    ++sidecars_waiting_;
    AtomicPaths paths{folder_.parts() + "/darkroom.sidecar", folder_.path(), name};
    boost::asio::post(pool_, [this, paths = std::move(paths), text = std::move(text)] {
        auto const written = write_atomically(paths, text);
        if (written.has_error() && !sidecar_failure_) sidecar_failure_ = written.error();
        --sidecars_waiting_;
    });
    return {};
}

Result<> ManifestWriter::finish(std::set<Digest> const* wanted) {
    pool_.join();
    TRY(rebuild_failed(folder_, journal_, wanted));
    Result<> done;
    auto const ignore = [](ImageRecord const&, std::string const&) { return Result<>(); };
    if (torn_ || out_of_date_)
        done = rebuild_manifest(folder_, journal_, ignore);
    else
        done = manifest_.sync();
    if (done.has_error()) return done;
    if (sidecar_failure_) return *sidecar_failure_;
    // A line that could not be written is there now; a sidecar is not.
    if (failure_ && !torn_) return *failure_;
    return {};
}

} // namespace darkroom::store
