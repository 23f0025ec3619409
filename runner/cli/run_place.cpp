#include "runner/cli/run_place.hpp"

#include "runner/cli/exit_code.hpp"

namespace darkroom::cli {

namespace {

/// Without its journal a run directory knows of nothing that was paid, and would buy it all again.
std::string with_journal(store::RunFolder const& folder) {
    auto const journal = folder.journal();
    auto const listed = store::file_size(folder.manifest());
    if (store::exists(journal) || !listed.has_value() || *listed == 0) return journal;
    throw Quit(ExitCode::no_input,
               folder.path() +
                   ": manifest.jsonl lists images, but journal.db, which knows what was "
                   "paid, is gone; bring it back, or use another directory to buy "
                   "everything anew");
}

} // namespace

RunPlace::RunPlace(boost::asio::any_io_executor executor, std::string const& directory,
                   jobs::Output const& output)
    : folder_(or_quit(store::RunFolder::open(directory))),
      journal_(or_quit(store::SqliteJournal::open(executor, with_journal(folder_)))) {
    auto owner = [this](std::string const& file) { return journal_->owner_of(file); };
    auto layout = or_quit(store::Layout::parse(output.layout));
    images_ = std::make_unique<store::FileImageStore>(folder_, std::move(layout), std::move(owner));
    store::Companions const companions{output.captions, output.sidecar};
    manifest_ = or_quit(store::ManifestWriter::open(folder_, journal_->reader(), companions));
    done_ = or_quit(store::DoneSteps::read(journal_->reader(), folder_, output.text_files));
}

} // namespace darkroom::cli
