#include "runner/engine/delivery.hpp"

#include "runner/base/try.hpp"
#include "runner/engine/image_link.hpp"
#include "runner/engine/retry.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace darkroom::engine {

namespace {

/// Returns the images a finished step brings: the whole one, and its tiles when the service cut
/// some.
std::vector<ImageOrder> orders_of(Digest const& key, StepState const& state) {
    std::vector<ImageOrder> orders;
    ImageOrder order;
    order.step = key;
    order.info = state.info;
    order.answer = state.answer;
    order.url = state.answer.url;
    order.width = state.answer.width;
    order.height = state.answer.height;
    orders.push_back(order);
    order.width = order.height = 0; // the service does not say how large a tile is
    for (auto const& url : state.answer.sub_urls) {
        ++order.tile;
        order.url = url;
        orders.push_back(order);
    }
    return orders;
}

/// The link is dead, or nobody listens where it leads (a service that was started again elsewhere).
bool needs_fresh_link(Problem const& problem) {
    return problem.verdict == Verdict::expired || problem.code == "connection_refused";
}

SavedImage const* saved_as(StepState const& state, int tile) {
    auto const found = std::find_if(state.saved.begin(), state.saved.end(),
                                    [tile](SavedImage const& image) { return image.tile == tile; });
    return found == state.saved.end() ? nullptr : &*found;
}

Problem disk_problem(Error const& error) {
    Problem problem;
    problem.verdict = Verdict::disk;
    problem.message = error.message();
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

/// Writes the whole of a file. The draft is still to be committed.
Result<> write_all(ImageDraft& draft, std::string const& bytes) {
    BodyStart start;
    start.length = bytes.size();
    TRY(draft.begin(start));
    return draft.write(bytes);
}

} // namespace

Delivery::Delivery(boost::asio::any_io_executor executor, Ports const& ports,
                   EngineOptions const& options, DeliveryParts parts)
    : clock_(ports.clock), provider_(ports.provider), images_(ports.images),
      observer_(ports.observer), options_(options), parts_(std::move(parts)),
      downloads_(std::move(executor), options.limits.downloads) {}

/// A text is in the journal, and so in the manifest, whether or not it has a file.
bool Delivery::is_there(SavedImage const& image) const {
    return image.file.empty() ? !options_.text_files : images_.has(image);
}

bool Delivery::has_all(StepState const& state) const {
    int const tiles = is_to_be_split(state) ? 4 : static_cast<int>(state.answer.sub_urls.size());
    for (int tile = 0; tile <= tiles; ++tile) {
        auto const* image = saved_as(state, tile);
        if (image == nullptr || !is_there(*image)) return false;
    }
    return true;
}

awaitable<StepOutcome> Delivery::deliver(StepRun& run) {
    if (makes_text(run.state.info)) co_return co_await deliver_text(run);
    auto all = StepOutcome::delivered;
    auto orders = orders_of(run.key, run.state);
    for (auto& order : orders) {
        auto const* image = saved_as(run.state, order.tile);
        if (image != nullptr && is_there(*image)) continue;
        auto const one = co_await deliver_one(run, std::move(order));
        if (one == StepOutcome::disk_failed) co_return one;
        if (one != StepOutcome::delivered) all = one;
    }
    bool const is_split = !is_to_be_split(run.state) || has_all(run.state);
    if (all != StepOutcome::delivered || is_split) co_return all;
    co_return co_await deliver_quarters(run);
}

/// Returns whether it is a grid that the service has not cut.
bool Delivery::is_to_be_split(StepState const& state) const {
    return options_.split_grids && state.answer.sub_urls.empty() &&
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
    auto draft = images_.open(std::move(order));
    Result<> const written =
        draft.has_error() ? Result<>(draft.error()) : write_all(**draft, bytes);
    if (written.has_error()) {
        parts_.end_run(RunEnd::disk_failed, written.error());
        co_return StepOutcome::disk_failed;
    }
    auto outcome = co_await (*draft)->commit();
    if (auto* refused = std::get_if<Problem>(&outcome)) {
        parts_.end_run(RunEnd::disk_failed, Error(error_code(), refused->message));
        co_return StepOutcome::disk_failed;
    }
    auto image = std::get<SavedImage>(std::move(outcome));
    co_await keep(run, std::move(image));
    co_return StepOutcome::delivered;
}

/// An image that had gone missing is in the journal already, unless its bytes have changed.
awaitable<void> Delivery::keep(StepRun& run, SavedImage image) {
    auto const* known = saved_as(run.state, image.tile);
    parts_.tally.images += image.file.empty() ? 0 : 1;
    parts_.tally.bytes += image.bytes;
    if (known != nullptr && known->file == image.file && known->sha256 == image.sha256) co_return;
    ImageSaved saved{std::move(image)};
    co_await parts_.log.record(run, std::move(saved));
}

/// Tries until the image is saved, or has failed as often as is allowed.
awaitable<StepOutcome> Delivery::deliver_one(StepRun& run, ImageOrder order) {
    for (int failed_before = 0;; ++failed_before) {
        auto problem = co_await download(run, order);
        if (!problem) co_return StepOutcome::delivered;
        Attempt const so_far{failed_before, 0, parts_.jitter.next()};
        Decision const decision = decide_download(*problem, so_far, options_.retry);
        if (decision.remedy == Remedy::stop_all) {
            parts_.end_run(RunEnd::disk_failed, Error(error_code(), problem->message));
            co_return StepOutcome::disk_failed;
        }
        if (decision.remedy == Remedy::give_up) {
            co_await parts_.log.give_up(run, std::move(*problem));
            co_return StepOutcome::undelivered;
        }
        ++parts_.tally.retries;
        observer_.on_waiting({run.key, *problem, decision.wait});
        if (needs_fresh_link(*problem)) {
            std::string fresh = co_await fresh_url(run, order);
            order.url = std::move(fresh);
        }
        // A run that is stopping waits as well, until its grace is over: a paid image is at stake.
        co_await clock_.sleep_for(decision.wait);
    }
}

awaitable<std::optional<Problem>> Delivery::download(StepRun& run, ImageOrder const& order) {
    Priority const priority = next_priority(order.url);
    auto const permit = co_await downloads_.acquire(priority);
    auto draft = images_.open(order);
    if (draft.has_error()) co_return disk_problem(draft.error());
    ImageLink link{order.url, (*draft)->offset(), (*draft)->etag()};
    ByteSink& into = **draft;
    auto problem = co_await provider_.fetch(std::move(link), into);
    if (problem) co_return problem;
    auto outcome = co_await (*draft)->commit();
    if (auto* refused = std::get_if<Problem>(&outcome)) co_return std::move(*refused);
    auto image = std::get<SavedImage>(std::move(outcome));
    co_await keep(run, std::move(image));
    co_return std::nullopt;
}

/// Completes with the link as the service gives it now; with the old one when it gives none.
awaitable<std::string> Delivery::fresh_url(StepRun& run, ImageOrder const& order) {
    auto const& state = run.state;
    if (state.task_id.empty() || !parts_.accounts.find(state.account)) co_return order.url;
    Found const found = co_await parts_.follower.renew(state.task_id, state.account);
    auto const* answer = answer_in(found);
    if (answer == nullptr) co_return order.url;
    auto const tile = static_cast<std::size_t>(order.tile);
    if (tile == 0) co_return answer->url;
    if (tile <= answer->sub_urls.size()) co_return answer->sub_urls[tile - 1];
    co_return order.url;
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
