#include "runner/cli/line_arranger.hpp"

#include "runner/base/on_pool.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/store/sidecars.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace darkroom::cli {

namespace {

bool is_whole(jobs::PlanOptions const& plan) { return plan.only.empty() && !plan.limit; }

report::Worded warning(std::string text) { return {std::move(text), report::Ink::busy, true}; }

} // namespace

store::PlanOfLines plan_of_lines(Job const& job, std::string const& directory,
                                 std::atomic<bool> const* stop) {
    auto const plan = std::make_shared<jobs::Plan>(job.file, job.plan);
    return {[plan] { return plan->next(); }, load_picks(directory),
            or_quit(store::Layout::parse(job.file.output.layout)), stop};
}

LineArranger::LineArranger(RunStorage& storage, Job const& job, std::string const& directory)
    : storage_(storage), job_(job), directory_(directory),
      before_(or_quit(storage.manifest().present())) {
    may_move_ = is_whole(job.plan) && last_job_name(directory) == job.file.name;
}

LineArranger::~LineArranger() {
    stop();
    pool_.join();
}

boost::asio::awaitable<void> LineArranger::run(Say say) {
    if (may_move_) co_await move_lines(say);
    auto const& manifest = storage_.manifest();
    bool const lacks_some = manifest.needs_all_sidecars() || has_moved_;
    if (manifest.sidecars().any() && lacks_some && !stop_) co_await write_sidecars(say);
}

boost::asio::awaitable<void> LineArranger::move_lines(Say say) {
    auto const plan = plan_of_lines(job_, directory_, &stop_);
    std::function<Result<store::ArrangedFiles>()> work = [this, plan] {
        return store::arrange_lines(storage_.folder(), before_, plan);
    };
    auto files = co_await on_pool<Result<store::ArrangedFiles>>(pool_, std::move(work));
    auto moved = files.has_error() ? Result<bool>(files.error())
                                   : storage_.manifest().adopt(std::move(*files));
    if (moved.has_error()) {
        say(warning("manifest.jsonl is as the last run left it: " + moved.error().message()));
        co_return;
    }
    has_moved_ = *moved;
    if (storage_.manifest().has_kept_manifest_of_0_1())
        say(warning("manifest.jsonl was rewritten for the present job file; as version 0.1 left "
                    "it, it is kept in manifest-0.1.jsonl"));
}

boost::asio::awaitable<void> LineArranger::write_sidecars(Say say) {
    auto const present = storage_.manifest().present();
    auto const bytes = present.has_value() ? present->bytes : 0;
    std::function<Result<std::uint64_t>()> work = [this, bytes] {
        return store::write_all_sidecars(storage_.folder(), bytes, storage_.manifest().sidecars(),
                                         stop_);
    };
    auto const written = co_await on_pool<Result<std::uint64_t>>(pool_, std::move(work));
    if (written.has_error())
        say(warning("captions and sidecars are missing: " + written.error().message()));
    else if (!stop_)
        storage_.manifest().note_all_sidecars(*written);
}

store::PlanOfLines const* LineArranger::repeats(std::uint64_t shared_items) {
    if (shared_items == 0) return nullptr;
    plan_at_end_ = plan_of_lines(job_, directory_);
    return &*plan_at_end_;
}

} // namespace darkroom::cli
