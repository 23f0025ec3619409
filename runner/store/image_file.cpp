#include "runner/store/image_file.hpp"

#include "runner/base/normal_text.hpp"
#include "runner/base/on_pool.hpp"
#include "runner/base/out_of_files.hpp"
#include "runner/base/text.hpp"
#include "runner/base/try.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/error.hpp"
#include "runner/store/quarters.hpp"
#include "runner/store/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr std::size_t pool_threads = 4; // syncs that may wait for the disk at once
constexpr int copies_max = 10'000;      // "-2", "-3", … of one name
constexpr std::size_t claims_spare = 64;

/// Returns the code of a failure. Printed for scripts: never changed.
std::string code_of(Error const& error) {
    auto const& code = error.code;
    if (is_out_of_files(code)) return "too_many_open_files";
    if (is_disk_error(code))
        return code == boost::system::errc::no_space_on_device ? "disk_full" : "disk_error";
    if (code == Errc::not_an_image) return "not_an_image";
    if (code == Errc::bad_structure) return "damaged_image";
    if (code == Errc::wrong_length) return "wrong_length";
    if (code == Errc::wrong_size) return "wrong_size";
    if (code == Errc::wrong_range) return "wrong_range";
    if (code == Errc::too_large) return "too_large";
    return "download";
}

Content content_of(StepInfo const& info) {
    auto const kind = kind_of_result(info);
    if (kind == "text") return Content::text;
    return kind == "video" ? Content::video : Content::image;
}

Result<> check_size(ImageFacts const& facts, ImageOrder const& order) {
    auto const differs = [](std::uint32_t is, int expected) {
        return expected > 0 && is != static_cast<std::uint32_t>(expected);
    };
    if (!differs(facts.width, order.width) && !differs(facts.height, order.height)) return {};
    return Error(Errc::wrong_size, fmt::format("{}x{} pixels, the service said {}x{}", facts.width,
                                               facts.height, order.width, order.height));
}

/// Returns whether a person may want to see the bytes: they came whole, and are not what was paid
/// for.
bool is_refusal(error_code const& code) {
    return code == Errc::not_an_image || code == Errc::bad_structure || code == Errc::wrong_size ||
           code == Errc::wrong_length;
}

} // namespace

Problem problem_of(Error const& error) {
    Problem problem;
    problem.verdict = is_disk_error(error.code) ? Verdict::disk : Verdict::download;
    if (is_out_of_files(error.code)) problem.verdict = Verdict::rate;
    problem.code = code_of(error);
    problem.message = error.message();
    return problem;
}

/// Receives one image: first its body, at the end its name.
class FileDraft final : public ImageDraft {
public:
    using Ending = std::variant<SavedImage, Problem>;

    FileDraft(FileImageStore& store, ImageOrder order, std::unique_ptr<ImageBody> body)
        : store_(store), order_(std::move(order)), body_(std::move(body)), noted_(body_->bytes()),
          is_noted_(noted_ > 0) {}

    ~FileDraft() override {
        if (body_ != nullptr) store_.parts_.park(key(), place(), std::move(body_));
    }

    std::uint64_t offset() const override { return body_->offset(); }
    std::string etag() const override { return body_->etag(); }

    /// A note must never speak of other bytes than those that are there: what starts over after a
    /// note does so in another file.
    Result<> begin(BodyStart const& start) override {
        if (start.offset == 0 && std::exchange(is_noted_, false)) {
            TRY_ASSIGN(auto other, store_.parts_.open(key(), place(), content_of(order_.info)));
            remove_part(body_->path());
            body_ = std::move(other);
            noted_ = 0;
        }
        return body_->begin(start);
    }

    Result<> write(std::string_view bytes) override {
        TRY(body_->write(bytes));
        if (body_->bytes() < noted_ + Parts::note_step || body_->etag().empty()) return {};
        noted_ = body_->bytes();
        is_noted_ = true;
        store_.parts_.note(*body_, place());
        return {};
    }

    awaitable<Ending> commit() override {
        if (!landing_) {
            received_ = finish();
            landing_ = std::move(body_); // from here on a cancelled commit still completes
        }
        // The coroutine keeps what the pool works on.
        std::shared_ptr<ImageBody> const body = landing_;
        if (received_.has_error()) co_return failed(received_.error(), *body);
        for (int copy = 1; copy <= copies_max; ++copy) {
            auto const file = store_.layout_.name(order_, received_->facts.format, copy);
            auto const name = store_.claim(file, key());
            if (name == FileImageStore::Name::taken) continue;
            FileCommit commit{body, *received_, store_.directory_, file,
                              name == FileImageStore::Name::own};
            auto const committed = co_await store_.commits_.commit(std::move(commit));
            if (committed.has_value() && *committed) co_return saved(*received_, file);
            store_.give_back(file);
            if (committed.has_error()) co_return failed(committed.error(), *body);
        }
        Error const error(Errc::bad_layout, "every name for the image is taken: use {key}");
        co_return failed(error, *body);
    }

private:
    ImageKey key() const { return {order_.step, order_.tile}; }
    std::string place() const { return place_of(order_.url); }

    Result<Received> finish() {
        auto received = body_->finish();
        if (received.has_error()) return received;
        TRY(check_size(received->facts, order_));
        return received;
    }

    /// Too few open files is a passing state: everything stays for the next commit().
    Ending failed(Error const& error, ImageBody& body) const {
        auto problem = problem_of(error);
        problem.task_id = order_.answer.task_id;
        problem.trace_id = order_.answer.trace_id;
        problem.url = order_.url;
        if (is_out_of_files(error.code)) return problem;
        if (is_refusal(error.code))
            problem.kept = store_.parts_.keep_refused(key(), body, problem.code);
        else
            remove_part(body.path());
        return problem;
    }

    Ending saved(Received const& received, std::string const& file) const {
        store_.note_size(received.bytes);
        if (is_noted_) remove_part(landing_->path());
        store_.parts_.forget(key());
        SavedImage image;
        image.tile = order_.tile;
        image.file = file;
        image.url = order_.url;
        image.sha256 = received.sha256;
        image.format = received.facts.format;
        image.bytes = received.bytes;
        image.width = static_cast<int>(received.facts.width);
        image.height = static_cast<int>(received.facts.height);
        image.trailing = received.facts.trailing;
        return image;
    }

    FileImageStore& store_;
    ImageOrder order_;
    std::unique_ptr<ImageBody> body_;    // null from commit() on
    std::shared_ptr<ImageBody> landing_; // set from commit() on
    Result<Received> received_;          // of commit()
    std::uint64_t noted_;                // bytes that a note speaks of
    bool is_noted_;                      // there may be a note
};

FileImageStore::FileImageStore(RunFolder const& folder, Layout layout, FileOwner owner,
                               BodyLimits limits)
    : directory_(folder.path()), limits_(limits), layout_(std::move(layout)),
      owner_(std::move(owner)), names_(directory_), pool_(pool_threads),
      parts_(folder.parts(), limits, pool_), commits_(pool_) {}

FileImageStore::~FileImageStore() {
    commits_.submit_rest();
    pool_.join();
    parts_.tidy();
}

Result<std::unique_ptr<ImageDraft>> FileImageStore::open(ImageOrder order) {
    ImageKey const key{order.step, order.tile};
    TRY_ASSIGN(auto body, parts_.open(key, place_of(order.url), content_of(order.info)));
    std::unique_ptr<ImageDraft> draft =
        std::make_unique<FileDraft>(*this, std::move(order), std::move(body));
    return draft;
}

bool FileImageStore::has(SavedImage const& image) {
    auto const size = file_size(directory_ + "/" + image.file);
    return (size.has_value() && *size == image.bytes) || is_removed(image);
}

bool FileImageStore::is_removed(SavedImage const& image) const {
    if (removed_.is_empty()) return false;
    auto const owner = owner_(image.file);
    return owner && removed_.has(*owner);
}

Result<> FileImageStore::check_room(int generations) {
    TRY_ASSIGN(auto const room, free_space(directory_));
    auto const needed = limits_.spare + largest_ * static_cast<std::uint64_t>(generations);
    if (room >= needed) return {};
    return system_error_of(
        ENOSPC, fmt::format("{} free at {}, {} needed: a reserve of {}, and {} for each of {} "
                            "pictures, the size of the largest so far",
                            format_bytes(room), directory_, format_bytes(needed),
                            format_bytes(limits_.spare), format_bytes(largest_), generations));
}

awaitable<Result<std::vector<std::string>>> FileImageStore::quarters(SavedImage grid) {
    using Quarters = Result<std::vector<std::string>>;
    if (is_removed(grid) && !exists(directory_ + "/" + grid.file))
        co_return system_error_of(ENOENT, "cut a grid that was removed by clean ('darkroom clean "
                                          "--undo' gives it back): " +
                                              grid.file);
    std::function<Quarters()> work = [directory = directory_, file = grid.file]() -> Quarters {
        TRY(own_file_below(directory, file, O_RDONLY));
        return cut_in_four(directory + "/" + file);
    };
    co_return co_await on_pool<Quarters>(pool_, std::move(work));
}

FileImageStore::Name FileImageStore::claim(std::string const& file, ImageKey const& key) {
    if (claims_.size() >= claims_max_) forget_recorded_claims();
    auto const owner = owner_(file);
    if (owner && *owner != key) return Name::taken;
    auto const claim = claims_.find(file);
    if (claim != claims_.end()) {
        if (claim->second != key) return Name::taken;
    } else {
        if (!owner && is_like_another(file)) return Name::taken;
        claims_.emplace(file, key);
        names_.add(file);
    }
    return owner ? Name::own : Name::granted;
}

/// Returns whether a file has a name that differs from this one only in case or form, or will have.
bool FileImageStore::is_like_another(std::string const& file) {
    auto const folded = folded_name(file);
    return (folded != file && claims_.contains(folded)) || names_.has_other(file);
}

void FileImageStore::give_back(std::string const& file) {
    claims_.erase(file);
    names_.forget(file);
}

/// Drops recorded claims. Each costs a query, so this runs only when the number of claims doubles.
void FileImageStore::forget_recorded_claims() {
    std::erase_if(claims_, [this](auto const& claim) { return owner_(claim.first).has_value(); });
    claims_max_ = 2 * claims_.size() + claims_spare;
}

} // namespace darkroom::store
