#include "runner/cli/run_storage.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/store/journal_meta.hpp"

#include <future>

namespace darkroom::cli {

namespace {

/// Returns the path of the journal. Without its journal a run directory would not know what was
/// paid, and would buy everything again.
std::string with_journal(store::RunFolder const& folder) {
    auto const journal = folder.journal();
    auto const listed = store::file_size(folder.manifest());
    if (store::exists(journal) || !listed.has_value() || *listed == 0) return journal;
    throw Quit(ExitCode::no_input,
               folder.path() +
                   ": manifest.jsonl lists images, but journal.db, which knows what was "
                   "paid, is gone; bring it back, or use another directory to buy "
                   "everything again");
}

} // namespace

RunStorage::RunStorage(boost::asio::any_io_executor executor, std::string const& directory,
                       jobs::Output const& output)
    : folder_(or_quit(store::RunFolder::open(directory))),
      journal_(or_quit(store::SqliteJournal::open(executor, with_journal(folder_)))) {
    auto owner = [this](std::string const& file) { return journal_->owner_of(file); };
    auto layout = or_quit(store::Layout::parse(output.layout));
    pictures_ = layout.directory();
    images_ = std::make_unique<store::FileImageStore>(folder_, std::move(layout), std::move(owner));
    // Both take seconds for a million images, and neither needs the other.
    auto done = std::async(std::launch::async, [&] { return done_steps(output.text_files); });
    store::Sidecars const sidecars{output.captions, output.sidecar};
    manifest_ = or_quit(store::ManifestWriter::open(folder_, journal_->reader(), sidecars));
    done_ = or_quit(done.get());
    begin_marks();
}

/// A file of marks that cannot be read is no reason to stop: then the order of sending is not known
/// for the last run's requests, and they are looked up.
void RunStorage::begin_marks() {
    auto last = store::read_marks(folder_.marks());
    if (last.has_error()) {
        warnings_.push_back("the marks of the last run cannot be used: " + last.error().message());
        last = std::optional<store::MarksFile>();
    }
    auto const run = or_quit(store::begin_run(folder_.journal(), *last ? (*last)->run : 0));
    marks_ = or_quit(store::FileSendMarks::open(folder_.marks(), {run, store::present_boot()},
                                                std::move(*last)));
}

std::string RunStorage::pictures() const {
    auto const whole = pictures_.empty() ? folder_.path() : folder_.path() + "/" + pictures_;
    return store::exists(whole) ? whole : folder_.path();
}

/// Opens a connection of its own, since others read the journal at the same time.
Result<store::DoneSteps> RunStorage::done_steps(bool texts_have_files) const {
    TRY_ASSIGN(auto journal, store::JournalReader::open(folder_.journal()));
    auto const expected = journal_->counts_at_open().of(engine::Phase::finished);
    return store::DoneSteps::read(journal, folder_, {texts_have_files, expected});
}

} // namespace darkroom::cli
