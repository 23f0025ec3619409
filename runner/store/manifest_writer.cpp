#include "runner/store/manifest_writer.hpp"

#include "runner/store/atomic_file.hpp"
#include "runner/store/manifest_line.hpp"

#include <boost/asio/post.hpp>

#include <fcntl.h>
#include <utility>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr int companions_waiting_max = 1000; // then the loop waits: nothing piles up

/// "a/b.png" to "a/b".
std::string without_extension(std::string const& file) { return file.substr(0, file.rfind('.')); }

} // namespace

Result<std::unique_ptr<ManifestWriter>>
ManifestWriter::open(RunFolder const& folder, JournalReader& journal, Companions companions) {
    std::unique_ptr<ManifestWriter> writer(new ManifestWriter(folder, journal, companions));
    auto const beside = [&](ImageRecord const& image, std::string const& line) {
        return writer->write_companions(image.event, image.state, line);
    };
    auto const repaired = repair_manifest(folder, journal, beside);
    if (repaired.has_error()) return repaired.error();
    writer->repaired_ = *repaired;
    auto ready = rebuild_failed(folder, journal);
    if (ready.has_error()) return ready.error();
    ready = writer->open_files();
    if (ready.has_error()) return ready.error();
    return writer;
}

ManifestWriter::~ManifestWriter() { pool_.join(); }

Result<> ManifestWriter::open_files() {
    auto manifest = File::open(folder_.manifest(), O_WRONLY | O_APPEND);
    if (manifest.has_error()) return manifest.error();
    auto failed = File::open(folder_.failed(), O_WRONLY | O_APPEND);
    if (failed.has_error()) return failed.error();
    manifest_ = std::move(*manifest);
    failed_ = std::move(*failed);
    return {};
}

void ManifestWriter::on_event(Event const& event, StepState const& state) {
    if (torn_) return;
    Result<> done;
    if (std::holds_alternative<ImageSaved>(event.fact)) done = add_image(event, state);
    if (auto const* failed = std::get_if<Failed>(&event.fact); failed != nullptr && failed->final)
        done = failed_.write(failed_line({event.step, state, event.at}) + '\n');
    if (done.has_value()) return;
    torn_ = true;
    failure_ = done.error();
}

Result<> ManifestWriter::add_image(Event const& event, StepState const& state) {
    auto const line = manifest_line(event, state);
    auto const beside = write_companions(event, state, line);
    if (beside.has_error() && !failure_) failure_ = beside.error();
    bool const each_once = state.times_saved == static_cast<int>(state.saved.size());
    if (each_once) return manifest_.write(line + '\n');
    // A file was lost and has come again: its old line must go, which finish() sees to.
    out_of_date_ = true;
    return {};
}

Result<> ManifestWriter::write_companions(Event const& event, StepState const& state,
                                          std::string const& line) {
    auto const& file = std::get<ImageSaved>(event.fact).image.file;
    if (file.empty()) return {};
    auto const stem = without_extension(file);
    Result<> done;
    if (companions_.captions && !makes_text(state.info))
        done = write_beside(stem + ".txt", state.info.prompt + '\n');
    if (done.has_value() && companions_.sidecar) done = write_beside(stem + ".json", line + '\n');
    return done;
}

/// On the pool, as it waits for the disk; here when too many wait there already.
Result<> ManifestWriter::write_beside(std::string const& name, std::string text) {
    auto const target = folder_.path() + "/" + name;
    if (companions_waiting_ >= companions_waiting_max)
        return write_atomically({folder_.parts() + "/companion-now", target}, text);
    ++companions_waiting_;
    AtomicPaths paths{folder_.parts() + "/companion", target};
    boost::asio::post(pool_, [this, paths = std::move(paths), text = std::move(text)] {
        auto const written = write_atomically(paths, text);
        if (written.has_error() && !companion_failure_) companion_failure_ = written.error();
        --companions_waiting_;
    });
    return {};
}

Result<> ManifestWriter::finish() {
    pool_.join();
    auto done = rebuild_failed(folder_, journal_);
    if (done.has_error()) return done;
    auto const nothing_more = [](ImageRecord const&, std::string const&) { return Result<>(); };
    if (torn_ || out_of_date_)
        done = rebuild_manifest(folder_, journal_, nothing_more);
    else
        done = manifest_.sync();
    if (done.has_error()) return done;
    if (companion_failure_) return *companion_failure_;
    // A line that could not be written is there now; a companion is not.
    if (failure_ && !torn_) return *failure_;
    return {};
}

} // namespace darkroom::store
