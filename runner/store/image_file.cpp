#include "runner/store/image_file.hpp"

#include "runner/base/on_pool.hpp"
#include "runner/store/error.hpp"
#include "runner/store/quarters.hpp"
#include "runner/store/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr std::size_t pool_threads = 4; // syncs that may wait for the disk at once
constexpr std::size_t parked_max = 64;  // each keeps a file open
constexpr int copies_max = 10'000;      // "-2", "-3", … of one name
constexpr std::size_t claims_spare = 64;

/// Returns the code of a failure. Printed for scripts: never changed.
std::string code_of(Error const& error) {
    auto const& code = error.code;
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

} // namespace

Problem problem_of(Error const& error) {
    Problem problem;
    problem.verdict = is_disk_error(error.code) ? Verdict::disk : Verdict::download;
    problem.code = code_of(error);
    problem.message = error.message();
    return problem;
}

/// Receives one image: first its body, at the end its name.
class FileDraft final : public ImageDraft {
public:
    using Ending = std::variant<SavedImage, Problem>;

    FileDraft(FileImageStore& store, ImageOrder order, std::unique_ptr<ImageBody> body)
        : store_(store), order_(std::move(order)), body_(std::move(body)) {}

    ~FileDraft() override {
        if (body_ != nullptr) store_.park(key(), std::move(body_));
    }

    std::uint64_t offset() const override { return body_->offset(); }
    std::string etag() const override { return body_->etag(); }
    Result<> begin(BodyStart const& start) override { return body_->begin(start); }
    Result<> write(std::string_view bytes) override { return body_->write(bytes); }

    awaitable<Ending> commit() override {
        auto const received = finish();
        // From here on nothing is kept for a resume; a cancelled commit still completes.
        std::shared_ptr<ImageBody> const body = std::move(body_);
        if (received.has_error()) co_return failed(received.error(), *body);
        for (int copy = 1; copy <= copies_max; ++copy) {
            auto const file = store_.layout_.name(order_, received->facts.format, copy);
            auto const name = store_.claim(file, key());
            if (name == FileImageStore::Name::taken) continue;
            FileCommit commit{body, *received, store_.directory_ + "/" + file,
                              name == FileImageStore::Name::own};
            auto const committed = co_await store_.commits_.commit(std::move(commit));
            if (committed.has_value() && *committed) co_return saved(*received, file);
            store_.claims_.erase(file);
            if (committed.has_error()) co_return failed(committed.error(), *body);
        }
        Error const error(Errc::bad_layout, "every name for the image is taken: use {key}");
        co_return failed(error, *body);
    }

private:
    ImageKey key() const { return {order_.step, order_.tile}; }

    Result<Received> finish() {
        auto received = body_->finish();
        if (received.has_error()) return received;
        auto const fits = check_size(received->facts, order_);
        if (fits.has_error()) return fits.error();
        return received;
    }

    Ending failed(Error const& error, ImageBody& body) const {
        auto problem = problem_of(error);
        problem.task_id = order_.answer.task_id;
        problem.trace_id = order_.answer.trace_id;
        auto const removed = remove_file(body.file().path());
        // For a full disk an error here adds nothing; a bad image is removed at the next start.
        if (removed.has_error()) problem.message += "; " + removed.error().message();
        return problem;
    }

    Ending saved(Received const& received, std::string const& file) const {
        SavedImage image;
        image.tile = order_.tile;
        image.file = file;
        image.url = order_.url;
        image.sha256 = received.sha256;
        image.format = received.facts.format;
        image.bytes = received.bytes;
        image.width = static_cast<int>(received.facts.width);
        image.height = static_cast<int>(received.facts.height);
        return image;
    }

    FileImageStore& store_;
    ImageOrder order_;
    std::unique_ptr<ImageBody> body_; // null from commit() on
};

FileImageStore::FileImageStore(RunFolder const& folder, Layout layout, FileOwner owner,
                               BodyLimits limits)
    : directory_(folder.path()), parts_(folder.parts()), layout_(std::move(layout)),
      owner_(std::move(owner)), limits_(limits), pool_(pool_threads), commits_(pool_) {}

FileImageStore::~FileImageStore() {
    commits_.submit_rest();
    pool_.join();
}

/// Returns a name that is never used twice: a cancelled commit may still be renaming the last part
/// of the same image.
std::string FileImageStore::new_part(ImageKey const& key) {
    return fmt::format("{}/{}-{}.{}.part", parts_, to_hex(key.step), key.tile, ++parts_made_);
}

Result<std::unique_ptr<ImageDraft>> FileImageStore::open(ImageOrder order) {
    ImageKey const key{order.step, order.tile};
    auto body = unpark(key);
    if (body == nullptr) {
        auto fresh = ImageBody::create(new_part(key), limits_, content_of(order.info));
        if (fresh.has_error()) return fresh.error();
        body = std::move(*fresh);
    }
    std::unique_ptr<ImageDraft> draft =
        std::make_unique<FileDraft>(*this, std::move(order), std::move(body));
    return draft;
}

bool FileImageStore::has(SavedImage const& image) {
    auto const size = file_size(directory_ + "/" + image.file);
    return size.has_value() && *size == image.bytes;
}

awaitable<Result<std::vector<std::string>>> FileImageStore::quarters(SavedImage grid) {
    using Quarters = Result<std::vector<std::string>>;
    std::function<Quarters()> work = [path = directory_ + "/" + grid.file] {
        return cut_in_four(path);
    };
    co_return co_await on_pool<Quarters>(pool_, std::move(work));
}

std::unique_ptr<ImageBody> FileImageStore::unpark(ImageKey const& key) {
    auto const same = [&key](auto const& parked) { return parked.first == key; };
    auto const found = std::find_if(parked_.begin(), parked_.end(), same);
    if (found == parked_.end()) return nullptr;
    auto body = std::move(found->second);
    parked_.erase(found);
    return body;
}

/// Keeps a stopped download for the next attempt, if it can be resumed.
void FileImageStore::park(ImageKey const& key, std::unique_ptr<ImageBody> body) {
    auto const drop = [](ImageBody& stopped) {
        // A file that cannot be removed now is removed at the next start.
        (void)remove_file(stopped.file().path());
    };
    if (body->offset() == 0) return drop(*body);
    parked_.emplace_back(key, std::move(body));
    if (parked_.size() <= parked_max) return;
    drop(*parked_.front().second);
    parked_.pop_front();
}

FileImageStore::Name FileImageStore::claim(std::string const& file, ImageKey const& key) {
    if (claims_.size() >= claims_max_) forget_recorded_claims();
    auto const owner = owner_(file);
    if (owner && *owner != key) return Name::taken;
    if (claims_.try_emplace(file, key).first->second != key) return Name::taken;
    return owner ? Name::own : Name::granted;
}

/// Drops recorded claims. Each costs a query, so this runs only when the number of claims doubles.
void FileImageStore::forget_recorded_claims() {
    std::erase_if(claims_, [this](auto const& claim) { return owner_(claim.first).has_value(); });
    claims_max_ = 2 * claims_.size() + claims_spare;
}

} // namespace darkroom::store
