#include "runner/cli/run_storage.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/report/words.hpp"
#include "runner/store/error.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/manifest_accept.hpp"
#include "runner/store/run_age.hpp"

#include <fmt/format.h>

#include <future>

namespace darkroom::cli {

namespace {

/// Throws what a check of the run directory found, and says what a person can do.
void or_say_what_to_do(Result<> const& checked, std::string_view way_on) {
    if (checked.has_value()) return;
    bool const went_back = checked.error().code == make_error_code(store::Errc::went_back);
    auto const advice =
        went_back
            ? fmt::format(". Nothing was sent and nothing was changed. If an older copy was "
                          "put back, bring the newer journal.db back, with the journal.db-wal "
                          "beside it{}",
                          way_on)
            : std::string();
    throw Quit(exit_code_of_store(checked.error()), checked.error().message() + advice);
}

constexpr std::string_view way_on_for_run =
    ". If it is lost, 'darkroom run FILE --accept-manifest' takes what manifest.jsonl lists as "
    "paid, and buys the rest";

/// Refuses a directory whose journal is gone. Without it nobody knows what was paid, and everything
/// would be bought again.
void check_journal_is_there(store::RunFolder const& folder) {
    auto const listed = store::file_size(folder.manifest());
    if (store::exists(folder.journal()) || !listed.has_value() || *listed == 0) return;
    throw Quit(ExitCode::no_input,
               folder.path() +
                   ": manifest.jsonl lists images, but journal.db, which knows what was "
                   "paid, is gone; bring it back, or use another directory to buy "
                   "everything again");
}

} // namespace

void check_age_of(std::string const& directory) {
    or_say_what_to_do(store::check_age(directory), way_on_for_run);
}

void check_run_directory(std::string const& directory, std::string_view way_on) {
    or_say_what_to_do(store::check_age(directory), way_on);
    or_say_what_to_do(store::check_listed(directory), way_on);
}

RunStorage::RunStorage(boost::asio::any_io_executor executor, std::string const& directory,
                       jobs::JobFile const& file, Trust trust)
    : folder_(or_quit(store::RunFolder::open(directory))),
      journal_(or_quit(store::SqliteJournal::open(executor, checked_journal(file, trust)))) {
    auto owner = [this](std::string const& name) { return journal_->owner_of(name); };
    auto const& output = file.output;
    auto layout = or_quit(store::Layout::parse(output.layout));
    pictures_ = layout.directory();
    images_ = std::make_unique<store::FileImageStore>(folder_, std::move(layout), std::move(owner));
    // Both take seconds for a million images, and neither needs the other.
    auto done = std::async(std::launch::async, [&] { return done_steps(output.text_files); });
    store::Sidecars const sidecars{output.captions, output.sidecar};
    manifest_ = or_quit(store::ManifestWriter::open(folder_, journal_->reader(), sidecars));
    done_ = or_quit(done.get());
    begin_marks();
    auto const& [unknown, wanted] = journal_->refolded();
    if (unknown + wanted > 0)
        notes_.push_back(fmt::format("an earlier version gave up {} steps that may be paid, which "
                                     "are looked up now, and {} that never left, which are sent",
                                     unknown, wanted));
}

/// Returns the path of the journal, once it may be used.
std::string RunStorage::checked_journal(jobs::JobFile const& file, Trust trust) {
    if (trust == Trust::manifest) {
        accept_manifest(file);
    } else {
        check_journal_is_there(folder_);
        check_run_directory(folder_.path(), way_on_for_run);
    }
    return folder_.journal();
}

void RunStorage::accept_manifest(jobs::JobFile const& file) {
    auto const [steps, cost, images, missing] =
        or_quit(store::accept_manifest(folder_, *file.service.model));
    notes_.push_back(fmt::format("taken from the manifest as paid: {} steps with {} images, {} {}",
                                 steps, images, report::format_money(cost), file.prices.currency));
    if (missing > 0)
        notes_.push_back(fmt::format("{} files that the manifest lists are gone or have other "
                                     "bytes: they are loaded again at no cost",
                                     missing));
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
