#include "runner/cli/run_storage.hpp"

#include "runner/cli/exit_code.hpp"
#include "runner/report/words.hpp"
#include "runner/store/error.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/journal_removed.hpp"
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
/// would be bought again; or the files are somebody else's, and would be written over.
void check_journal_is_there(std::string const& directory) {
    if (store::exists(directory + "/journal.db")) return;
    for (auto const name : {"manifest.jsonl", "unwanted.jsonl", "failed.jsonl", "marks"}) {
        auto const size = store::file_size(fmt::format("{}/{}", directory, name));
        if (!size.has_value() || *size == 0) continue;
        throw Quit(
            ExitCode::no_input,
            fmt::format("{}: there is {}, but journal.db, which knows what was paid, is gone; "
                        "bring it back, or use another directory to buy everything again",
                        directory, name));
    }
}

} // namespace

void check_age_of(std::string const& directory) {
    check_journal_is_there(directory);
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
    or_quit(folder_.check_way(pictures_));
    images_ = std::make_unique<store::FileImageStore>(folder_, std::move(layout), std::move(owner));
    // Both take seconds for a million images, and neither needs the other.
    auto done = std::async(std::launch::async, [&] { return done_steps(output.text_files); });
    store::Sidecars const sidecars{output.captions, output.sidecar};
    manifest_ = or_quit(store::ManifestWriter::open(folder_, journal_->reader(), sidecars));
    done_ = or_quit(done.get());
    images_->note_size(done_.largest_image());
    images_->note_removed(or_quit(journal_->reader().removed_images()));
    if (auto const removed = done_.removed(); removed > 0)
        remarks_.push_back(
            fmt::format("{} removed by clean; 'darkroom clean {} --undo' lets the "
                        "next run load {} again",
                        report::counted(removed, "image") + (removed == 1 ? " was" : " were"),
                        directory, removed == 1 ? "it" : "them"));
    begin_marks();
    auto const& [unknown, wanted] = journal_->refolded();
    auto const given_up = static_cast<std::uint64_t>(unknown + wanted);
    if (given_up > 0)
        notes_.push_back(fmt::format("an earlier version gave up {}: looked up now, since paid "
                                     "perhaps: {}; sent now, since never sent: {}",
                                     report::counted(given_up, "step"), unknown, wanted));
}

/// A file of marks that cannot be read is no reason to stop: then the order of sending is not known
/// for the last run's requests, and they are looked up.
void RunStorage::begin_marks() {
    auto last = store::read_marks(folder_.marks());
    if (last.has_error()) {
        notes_.push_back("the marks of the last run cannot be used: " + last.error().message());
        last = std::optional<store::MarksFile>();
    }
    auto const run = or_quit(store::begin_run(folder_.journal(), *last ? (*last)->run : 0));
    if (*last && or_quit(store::are_older(**last, folder_.journal()))) {
        notes_.push_back("the file marks is older than journal.db: what was open is looked up");
        last = std::optional<store::MarksFile>();
    }
    marks_ = or_quit(store::FileSendMarks::open(folder_.marks(), {run, store::present_boot()},
                                                std::move(*last)));
}

/// Returns the path of the journal, once it may be used.
std::string RunStorage::checked_journal(jobs::JobFile const& file, Trust trust) {
    if (trust == Trust::manifest) {
        accept_manifest(file);
    } else {
        check_journal_is_there(folder_.path());
        check_run_directory(folder_.path(), way_on_for_run);
    }
    return folder_.journal();
}

void RunStorage::accept_manifest(jobs::JobFile const& file) {
    auto const [steps, cost, images, missing] =
        or_quit(store::accept_manifest(folder_, *file.service.model));
    notes_.push_back(fmt::format("taken from the manifest as paid: {} with {}, {} {}",
                                 report::counted(steps, "step"), report::counted(images, "image"),
                                 report::format_money(cost), file.shown_currency()));
    if (missing > 0)
        notes_.push_back(fmt::format("gone or with other bytes than the manifest says: {}, "
                                     "loaded again at no cost",
                                     report::counted(missing, "file")));
}

std::string RunStorage::pictures() const {
    auto const whole = pictures_.empty() ? folder_.path() : folder_.path() + "/" + pictures_;
    return store::exists(whole) ? whole : folder_.path();
}

bool RunStorage::has_lines() const {
    auto const size = store::file_size(folder_.manifest());
    return size.has_value() && *size > 0;
}

/// Opens a connection of its own, since others read the journal at the same time.
Result<store::DoneSteps> RunStorage::done_steps(bool texts_have_files) const {
    TRY_ASSIGN(auto journal, store::JournalReader::open(folder_.journal()));
    auto const expected = journal_->counts_at_open().of(engine::Phase::finished);
    return store::DoneSteps::read(journal, folder_, {texts_have_files, expected});
}

} // namespace darkroom::cli
