#include "runner/engine/delivery.hpp"

#include "runner/base/out_of_files.hpp"
#include "runner/base/text.hpp"
#include "runner/base/try.hpp"
#include "runner/engine/arrival.hpp"
#include "runner/engine/image_link.hpp"
#include "runner/engine/image_orders.hpp"
#include "runner/engine/tiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace darkroom::engine {

namespace {

Problem out_of_files() {
    Problem problem;
    problem.verdict = Verdict::rate;
    problem.code = "too_many_open_files";
    problem.message = "this system allows no more open files: raise 'ulimit -n'";
    return problem;
}

Problem open_problem(Error const& error) {
    if (is_out_of_files(error.code)) return out_of_files();
    Problem problem;
    problem.verdict = Verdict::disk;
    problem.message = error.message();
    return problem;
}

/// The service gave no link to an image; a gap among the tiles has others behind it.
std::string words_of_gap(ImageOrder const& order) {
    auto const& links = order.answer.sub_urls;
    if (order.tile == 0) return "the service gave no link to the picture";
    auto const gaps = std::count(links.begin(), links.end(), "");
    return fmt::format("the service gave {} of {} tiles: tile {} is missing",
                       links.size() - static_cast<std::size_t>(gaps), links.size(), order.tile);
}

Problem too_many_tiles(StepInfo const& info) {
    Problem problem;
    problem.verdict = Verdict::download;
    problem.code = "too_many_images";
    problem.message = fmt::format("the answer names more than {} images: the others are refused",
                                  tiles_max(info) + 1);
    return problem;
}

Problem not_split(Error const& error) {
    Problem problem;
    problem.verdict = Verdict::download;
    problem.code = "not_split";
    problem.message = error.message();
    return problem;
}

/// Returns the result in a task's record; null when the record has none.
Answer const* answer_in(Found const& found) {
    return found.record.outcome ? std::get_if<Answer>(&*found.record.outcome) : nullptr;
}

/// Makes the failures of several images of a step one: the first, with all their messages.
Problem sum_of(std::vector<Problem> failures) {
    std::vector<std::string> messages;
    for (auto& failure : failures) messages.push_back(std::move(failure.message));
    Problem sum = std::move(failures.front());
    sum.message = join(messages, "; ");
    return sum;
}

/// Writes the whole of a file. The draft is still to be committed.
Result<> write_all(ImageDraft& draft, std::string const& bytes) {
    BodyStart start;
    start.length = bytes.size();
    TRY(draft.begin(start));
    return draft.write(bytes);
}

} // namespace

/// One image on its way, over all its attempts.
struct Delivery::Download {
    ImageOrder order;
    int failed = 0;             // attempts that count
    int files_ran_out = 0;      // in a row
    std::uint64_t furthest = 0; // bytes
    bool has_progress = false;  // of the last attempt
    bool is_link_fresh = false;
    Time begun{}; // of the last attempt
};

Delivery::Delivery(boost::asio::any_io_executor executor, Ports const& ports,
                   EngineOptions const& options, DeliveryParts parts)
    : clock_(ports.clock), provider_(ports.provider), images_(ports.images),
      observer_(ports.observer), options_(options), parts_(std::move(parts)),
      downloads_(executor, options.limits.downloads_at_once()),
      landings_(std::move(executor), options.limits.landings_at_once()) {}

/// A text is in the journal, and so in the manifest, whether or not it has a file.
bool Delivery::is_there(SavedImage const& image) const {
    return image.file.empty() ? !options_.text_files : images_.has(image);
}

bool Delivery::has_all(StepState const& state) const {
    int const named = static_cast<int>(state.answer.sub_urls.size());
    int const tiles = is_to_be_split(state) ? 4 : std::min(named, tiles_max(state.info));
    if (names_too_many(state)) return false;
    for (int tile = 0; tile <= tiles; ++tile) {
        auto const* image = saved_as(state, tile);
        if (image == nullptr || !is_there(*image)) return false;
    }
    return true;
}

awaitable<StepOutcome> Delivery::deliver(StepRun& run) {
    if (makes_text(run.state.info)) co_return co_await deliver_text(run);
    auto const all = co_await deliver_all(run);
    bool const is_split = !is_to_be_split(run.state) || has_all(run.state);
    if (all != StepOutcome::delivered || is_split) co_return all;
    co_return co_await deliver_quarters(run);
}

/// Delivers what the answer names.
awaitable<StepOutcome> Delivery::deliver_all(StepRun& run) {
    std::vector<Problem> failures;
    auto orders = orders_of(run.key, run.state);
    for (auto& order : orders) {
        if (order.tile > 0 && is_to_be_split(run.state)) break; // we cut them ourselves
        auto const* image = saved_as(run.state, order.tile);
        if (image != nullptr && is_there(*image)) continue;
        auto failure = co_await deliver_one(run, std::move(order));
        if (!failure) continue;
        if (failure->verdict == Verdict::disk) co_return StepOutcome::disk_failed;
        failures.push_back(std::move(*failure));
    }
    if (names_too_many(run.state)) failures.push_back(too_many_tiles(run.state.info));
    if (failures.empty()) co_return StepOutcome::delivered;
    Problem problem = sum_of(std::move(failures));
    co_await parts_.log.give_up(run, std::move(problem));
    co_return StepOutcome::undelivered;
}

/// Returns whether it is a grid that the service has not cut.
bool Delivery::is_to_be_split(StepState const& state) const {
    return options_.split_grids && !has_tiles(state.answer) &&
           offers_tiles(*state.info.service, state.answer.actions);
}

/// The link that ends first is fetched first.
Priority Delivery::next_priority(std::string const& url) { return {link_expiry(url), order_++}; }

/// Cuts the quarters out of the saved grid, and saves them like images from the service.
awaitable<StepOutcome> Delivery::deliver_quarters(StepRun& run) {
    SavedImage whole = *saved_as(run.state, 0);
    Priority const priority = next_priority(whole.url);
    auto const permit = co_await downloads_.acquire(priority);
    auto quarters = co_await images_.quarters(whole);
    for (int tries = 0; quarters.has_error() && is_out_of_files(quarters.error().code); ++tries) {
        co_await wait_for_files(run, tries);
        quarters = co_await images_.quarters(whole);
    }
    if (quarters.has_error()) {
        Problem problem = not_split(quarters.error());
        co_await parts_.log.give_up(run, std::move(problem));
        co_return StepOutcome::undelivered;
    }
    ImageOrder order = orders_of(run.key, run.state).front();
    order.width = order.height = 0;
    for (auto const& bytes : *quarters) {
        ++order.tile;
        auto const saved = co_await save_made(run, order, bytes);
        if (saved != StepOutcome::delivered) co_return saved;
    }
    co_return StepOutcome::delivered;
}

/// The text came with the answer, so that there is nothing to fetch.
awaitable<StepOutcome> Delivery::deliver_text(StepRun& run) {
    auto const* known = saved_as(run.state, 0);
    if (known != nullptr && is_there(*known)) co_return StepOutcome::delivered;
    if (options_.text_files) {
        ImageOrder order = orders_of(run.key, run.state).front();
        std::string text = run.state.answer.text + '\n';
        co_return co_await save_made(run, std::move(order), std::move(text));
    }
    SavedImage without_file;
    co_await keep(run, std::move(without_file));
    co_return StepOutcome::delivered;
}

/// Saves bytes that did not come from the service as a file.
awaitable<StepOutcome> Delivery::save_made(StepRun& run, ImageOrder order, std::string bytes) {
    auto draft = images_.open(order);
    for (int tries = 0; draft.has_error() && is_out_of_files(draft.error().code); ++tries) {
        co_await wait_for_files(run, tries);
        draft = images_.open(order);
    }
    Result<> const written =
        draft.has_error() ? Result<>(draft.error()) : write_all(**draft, bytes);
    if (written.has_error()) {
        parts_.end_run(RunEnd::disk_failed, written.error());
        co_return StepOutcome::disk_failed;
    }
    auto const refused = co_await commit(run, **draft);
    if (refused) {
        parts_.end_run(RunEnd::disk_failed, Error(error_code(), refused->message));
        co_return StepOutcome::disk_failed;
    }
    co_return StepOutcome::delivered;
}

/// Gives a whole file its name, and records it.
awaitable<std::optional<Problem>> Delivery::commit(StepRun& run, ImageDraft& draft) {
    for (int tries = 0;; ++tries) {
        auto outcome = co_await draft.commit();
        if (auto* saved = std::get_if<SavedImage>(&outcome)) {
            co_await keep(run, std::move(*saved));
            co_return std::nullopt;
        }
        auto& problem = std::get<Problem>(outcome);
        if (!lacks_files(problem)) co_return std::move(problem);
        co_await wait_for_files(run, tries);
    }
}

/// Too few open files is a passing state: others close theirs.
awaitable<void> Delivery::wait_for_files(StepRun& run, int tries) {
    DownloadAttempt const attempt{0, tries, false, false, parts_.jitter.next()};
    auto const wait = decide_download(out_of_files(), attempt, options_.retry).wait;
    observer_.on_waiting({run.key, out_of_files(), wait, false, false, &run.state.info});
    co_await clock_.sleep_for(wait);
}

/// An image that had gone missing is in the journal already, unless its bytes have changed.
awaitable<void> Delivery::keep(StepRun& run, SavedImage image) {
    auto const* known = saved_as(run.state, image.tile);
    parts_.tally.images += image.is_text() ? 0 : 1;
    parts_.tally.bytes += image.bytes;
    bool const is_as_before =
        known != nullptr && known->file == image.file && known->sha256 == image.sha256;
    ImageSaved saved{std::move(image)};
    if (is_as_before) {
        observer_.on_loaded_again({run.key, clock_.wall(), std::move(saved)}, run.state);
        co_return;
    }
    co_await parts_.log.record(run, std::move(saved));
}

/// Tries until the image is saved, or has failed as often as is allowed: then it completes with the
/// last failure. The run is ending after one of the disk.
awaitable<std::optional<Problem>> Delivery::deliver_one(StepRun& run, ImageOrder order) {
    Download download;
    download.order = std::move(order);
    for (;;) {
        auto problem = co_await this->download(run, download);
        if (!problem) co_return std::nullopt;
        problem->url = download.order.url;
        auto const decision = decide(download, *problem);
        if (decision.remedy == Remedy::stop_all)
            parts_.end_run(RunEnd::disk_failed, Error(error_code(), problem->message));
        if (problem->code == "no_link") problem->message = words_of_gap(download.order);
        bool const is_over =
            decision.remedy == Remedy::stop_all || decision.remedy == Remedy::give_up;
        if (is_over) co_return problem;
        ++parts_.tally.retries;
        observer_.on_waiting(
            {run.key, *problem, decision.wait, false, decision.needs_link, &run.state.info});
        if (decision.needs_link) co_await renew_link(run, download.order);
        download.is_link_fresh = decision.needs_link || (download.is_link_fresh && decision.counts);
        download.failed += decision.counts ? 1 : 0;
        download.files_ran_out = lacks_files(*problem) ? download.files_ran_out + 1 : 0;
        auto const now = clock_.now();
        bool const is_of_the_host = decision.remedy == Remedy::slow_down && !lacks_files(*problem);
        if (is_of_the_host) hosts_.add(download.order.url, download.begun, now, decision.wait);
        // A run that is stopping waits as well, until its grace is over: a paid image is at stake.
        if (!is_of_the_host) co_await clock_.sleep_for(decision.wait);
    }
}

DownloadDecision Delivery::decide(Download const& download, Problem const& problem) {
    DownloadAttempt attempt;
    attempt.failed_before = download.failed;
    attempt.rate_before =
        lacks_files(problem) ? download.files_ran_out : hosts_.in_a_row(download.order.url);
    attempt.is_link_fresh = download.is_link_fresh;
    attempt.has_progress = download.has_progress;
    attempt.chance = parts_.jitter.next();
    return decide_download(problem, attempt, options_.retry);
}

/// Waits until the image's host takes downloads, and for a place.
awaitable<PrioritySemaphore::Permit> Delivery::acquire(std::string url) {
    Priority const priority = next_priority(url);
    for (;;) {
        auto const until = hosts_.until(url);
        if (until > clock_.now()) co_await clock_.sleep_until(until);
        auto permit = co_await downloads_.acquire(priority);
        if (hosts_.until(url) <= clock_.now()) co_return std::move(*permit);
    }
}

awaitable<std::optional<Problem>> Delivery::download(StepRun& run, Download& download) {
    auto taken = co_await acquire(download.order.url);
    std::optional permit(std::move(taken));
    download.begun = clock_.now();
    download.has_progress = false;
    auto draft = images_.open(download.order);
    if (draft.has_error()) co_return open_problem(draft.error());
    auto problem = co_await fetch(download, **draft);
    if (problem) co_return problem;
    download.has_progress = false; // all of it has come: from here on it is about the bytes
    hosts_.end(download.order.url);
    auto const landing = co_await landings_.acquire();
    permit.reset(); // the next one downloads while this one waits for the disk
    co_return co_await commit(run, **draft);
}

/// Fetches the bytes. What the draft could not take is described by the draft itself.
awaitable<std::optional<Problem>> Delivery::fetch(Download& download, ImageDraft& draft) {
    ImageLink link{download.order.url, draft.offset(), draft.etag()};
    Arrival arrival(draft);
    auto problem = co_await provider_.fetch(std::move(link), arrival);
    download.has_progress = arrival.furthest() > download.furthest;
    download.furthest = std::max(download.furthest, arrival.furthest());
    bool const is_of_the_image = problem && problem->verdict == Verdict::download;
    if (!is_of_the_image || !arrival.is_refused()) co_return problem;
    download.has_progress = false;
    auto why = co_await draft.commit();
    if (auto* refused = std::get_if<Problem>(&why)) co_return std::move(*refused);
    co_return problem;
}

/// Takes the link and the size as the service gives them now; the old ones stay where it gives
/// none.
awaitable<void> Delivery::renew_link(StepRun& run, ImageOrder& order) {
    auto const& state = run.state;
    if (state.task_id.empty() || !parts_.accounts.find(state.account)) co_return;
    Found const found = co_await parts_.follower.renew(state.task_id, state.account);
    auto const* answer = answer_in(found);
    if (answer == nullptr) co_return;
    auto const tile = static_cast<std::size_t>(order.tile);
    bool const is_whole = tile == 0;
    if (!is_whole && tile > answer->sub_urls.size()) co_return;
    auto const& url = is_whole ? answer->url : answer->sub_urls[tile - 1];
    if (!url.empty()) order.url = url;
    if (!is_whole || url.empty()) co_return;
    order.width = answer->width;
    order.height = answer->height;
}

bool Delivery::link_is_dying(StepRun const& run) const {
    constexpr auto on_its_way = std::chrono::seconds(30);
    if (!run.works_by_link()) return false;
    auto const then = clock_.wall().time_since_epoch() + on_its_way;
    auto const seconds = std::chrono::floor<std::chrono::seconds>(then).count();
    return link_expiry(run.above().url) <= seconds;
}

awaitable<bool> Delivery::refresh_link(StepRun& run) {
    auto const& parent = *run.parent;
    if (parent.task_id.empty() || !parts_.accounts.find(parent.account)) co_return false;
    Found const found = co_await parts_.follower.renew(parent.task_id, parent.account);
    auto const* answer = answer_in(found);
    bool const is_another =
        answer != nullptr && !answer->url.empty() && answer->url != run.above().url;
    if (is_another) run.fresh_url = answer->url;
    co_return is_another;
}

} // namespace darkroom::engine
