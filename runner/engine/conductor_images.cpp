// Paid images come home: fetched, checked, recorded; again with a fresh link when one has died.
#include "runner/engine/conductor.hpp"

#include "runner/engine/image_link.hpp"
#include "runner/engine/life.hpp"

#include <algorithm>

namespace darkroom::engine {

namespace {

/// The images a finished step brings: the whole one, and its tiles when the service cut some.
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

} // namespace

/// A text is in the journal, and so in the manifest, whether or not it has a file.
bool Conductor::is_there(SavedImage const& image) const {
    return image.file.empty() ? !options_.text_files : images_.has(image);
}

bool Conductor::images_there(StepState const& state) const {
    int const tiles = is_to_be_split(state) ? 4 : static_cast<int>(state.answer.sub_urls.size());
    for (int tile = 0; tile <= tiles; ++tile) {
        auto const* image = saved_as(state, tile);
        if (image == nullptr || !is_there(*image)) return false;
    }
    return true;
}

awaitable<void> Conductor::deliver(Life& life) {
    if (makes_text(life.state.info)) co_return co_await deliver_text(life);
    auto orders = orders_of(life.key, life.state);
    for (auto& order : orders) {
        auto const* image = saved_as(life.state, order.tile);
        if (image != nullptr && is_there(*image)) continue;
        co_await deliver_one(life, std::move(order));
    }
    bool const grid_failed = life.parked || undelivered_.contains(life.key); // which is told
    if (is_to_be_split(life.state) && !images_there(life.state) && !grid_failed)
        co_await deliver_quarters(life);
}

/// A grid, unless the service has cut it already.
bool Conductor::is_to_be_split(StepState const& state) const {
    return options_.split_grids && state.answer.sub_urls.empty() &&
           offers_tiles(state.answer.actions);
}

/// Cut out of the saved grid, and saved the way an image from the service is.
awaitable<void> Conductor::deliver_quarters(Life& life) {
    SavedImage whole = *saved_as(life.state, 0);
    Place const place{link_expiry(whole.url), order_++};
    auto const pass = co_await downloads_.enter(place);
    auto quarters = co_await images_.quarters(whole);
    if (quarters.has_error()) {
        Problem problem;
        problem.verdict = Verdict::download;
        problem.code = "not_split";
        problem.message = quarters.error().message();
        undelivered_.insert(life.key);
        co_return co_await fail(life, std::move(problem), true);
    }
    ImageOrder order = orders_of(life.key, life.state).front();
    order.width = order.height = 0;
    for (auto const& bytes : *quarters) {
        ++order.tile;
        bool const saved = co_await save_made(life, order, bytes);
        if (!saved) co_return;
    }
}

/// It came with the answer, so that there is nothing to load.
awaitable<void> Conductor::deliver_text(Life& life) {
    auto const* known = saved_as(life.state, 0);
    if (known != nullptr && is_there(*known)) co_return;
    if (options_.text_files) {
        ImageOrder order = orders_of(life.key, life.state).front();
        std::string text = life.state.answer.text + '\n';
        co_await save_made(life, std::move(order), std::move(text));
        co_return;
    }
    SavedImage nowhere;
    co_await keep(life, std::move(nowhere));
}

/// What did not come from the service as a file. False: it cannot be saved, and the run ends.
awaitable<bool> Conductor::save_made(Life& life, ImageOrder order, std::string bytes) {
    auto draft = images_.open(std::move(order));
    Result<> done = draft.has_error() ? Result<>(draft.error()) : Result<>();
    BodyStart start;
    start.length = bytes.size();
    if (done.has_value()) done = (*draft)->begin(start);
    if (done.has_value()) done = (*draft)->write(bytes);
    if (done.has_error()) {
        life.parked = true;
        end_run(RunEnd::disk_failed, done.error());
        co_return false;
    }
    auto outcome = co_await (*draft)->commit();
    if (auto* refused = std::get_if<Problem>(&outcome)) {
        life.parked = true;
        end_run(RunEnd::disk_failed, Error(error_code(), refused->message));
        co_return false;
    }
    auto image = std::get<SavedImage>(std::move(outcome));
    co_await keep(life, std::move(image));
    co_return true;
}

/// One that had gone missing is known already, unless its bytes are others now.
awaitable<void> Conductor::keep(Life& life, SavedImage image) {
    auto const* known = saved_as(life.state, image.tile);
    result_.tally.images += image.file.empty() ? 0 : 1;
    result_.tally.bytes += image.bytes;
    if (known != nullptr && known->file == image.file && known->sha256 == image.sha256) co_return;
    ImageSaved saved{std::move(image)};
    co_await record(life, std::move(saved));
}

/// Until it is saved, or has failed as often as is allowed.
awaitable<void> Conductor::deliver_one(Life& life, ImageOrder order) {
    for (int failed_before = 0;; ++failed_before) {
        auto problem = co_await download(life, order);
        if (!problem) co_return;
        Attempt const so_far{failed_before, 0, chance()};
        Decision const decision = decide_download(*problem, so_far, options_.retry);
        if (decision.cure == Cure::stop_all) {
            life.parked = true;
            end_run(RunEnd::disk_failed, Error(error_code(), problem->message));
            co_return;
        }
        if (decision.cure == Cure::give_up) {
            undelivered_.insert(life.key);
            co_return co_await fail(life, std::move(*problem), true);
        }
        ++result_.tally.retries;
        observer_.on_waiting({life.key, *problem, decision.wait});
        if (needs_fresh_link(*problem)) {
            std::string fresh = co_await fresh_url(life, order);
            order.url = std::move(fresh);
        }
        // A run that is stopping waits as well, until its grace is over: a paid image is at stake.
        co_await clock_.sleep_for(decision.wait);
    }
}

awaitable<std::optional<Problem>> Conductor::download(Life& life, ImageOrder const& order) {
    Place const place{link_expiry(order.url), order_++};
    auto const pass = co_await downloads_.enter(place);
    auto draft = images_.open(order);
    if (draft.has_error()) {
        Problem problem;
        problem.verdict = Verdict::disk;
        problem.message = draft.error().message();
        co_return problem;
    }
    ImageLink link{order.url, (*draft)->offset(), (*draft)->etag()};
    ByteSink& into = **draft;
    auto problem = co_await provider_.fetch(std::move(link), into);
    if (problem) co_return problem;
    auto outcome = co_await (*draft)->commit();
    if (auto* refused = std::get_if<Problem>(&outcome)) co_return std::move(*refused);
    auto image = std::get<SavedImage>(std::move(outcome));
    co_await keep(life, std::move(image));
    co_return std::nullopt;
}

/// The link as the service gives it now; the old one when it gives none.
awaitable<std::string> Conductor::fresh_url(Life& life, ImageOrder const& order) {
    if (life.state.task_id.empty() || !payer_of(life)) co_return order.url;
    Found const found = co_await look_ups_.follow(life.state.task_id, life.state.account);
    if (!found.record.outcome) co_return order.url;
    auto const* answer = std::get_if<Answer>(&*found.record.outcome);
    if (answer == nullptr) co_return order.url;
    auto const tile = static_cast<std::size_t>(order.tile);
    if (tile == 0) co_return answer->url;
    if (tile <= answer->sub_urls.size()) co_return answer->sub_urls[tile - 1];
    co_return order.url;
}

/// Whether a step that is to be sent names a link that will be dead when it gets there.
bool Conductor::link_is_dying(Life const& life) const {
    constexpr auto on_its_way = std::chrono::seconds(30);
    if (!life.works_by_link()) return false;
    auto const then = clock_.wall().time_since_epoch() + on_its_way;
    auto const seconds = std::chrono::floor<std::chrono::seconds>(then).count();
    return link_expiry(life.above().url) <= seconds;
}

/// Asks for the link of the image above; true when it is another one than the step has.
awaitable<bool> Conductor::refresh_link(Life& life) {
    auto const& parent = *life.parent;
    if (parent.task_id.empty() || !accounts_.find(parent.account)) co_return false;
    Found const found = co_await look_ups_.follow(parent.task_id, parent.account);
    if (!found.record.outcome) co_return false;
    auto const* answer = std::get_if<Answer>(&*found.record.outcome);
    bool const another =
        answer != nullptr && !answer->url.empty() && answer->url != life.above().url;
    if (another) life.fresh_url = answer->url;
    co_return another;
}

} // namespace darkroom::engine
