#include "tests/simulation/sim_images.hpp"

#include "runner/base/sha256.hpp"

#include <fmt/format.h>

namespace darkroom::simulation {

using namespace std::chrono_literals;

class SimImages::Draft final : public engine::ImageDraft {
public:
    Draft(SimImages& store, engine::ImageOrder order) : store_(store), order_(std::move(order)) {}

    Result<> begin(BodyStart const& start) override {
        length_ = start.length.value_or(0);
        return {};
    }
    Result<> write(std::string_view bytes) override {
        bytes_ += bytes;
        return {};
    }
    std::uint64_t offset() const override { return 0; }
    std::string etag() const override { return {}; }

    engine::awaitable<std::variant<engine::SavedImage, engine::Problem>> commit() override {
        co_await store_.clock_.sleep_for(store_.landing_time + store_.chance_.time(0ms, 40ms));
        if (bytes_.size() != length_) {
            engine::Problem problem;
            problem.verdict = engine::Verdict::download;
            co_return problem;
        }
        engine::SavedImage image;
        image.tile = order_.tile;
        image.file = fmt::format("images/{}-{}.png", to_hex(order_.step), order_.tile);
        image.url = order_.url;
        image.sha256 = to_hex(sha256(bytes_));
        image.bytes = bytes_.size();
        if (store_.power_.on) store_.folder_[image.file] = bytes_;
        co_return image;
    }

private:
    SimImages& store_;
    engine::ImageOrder order_;
    std::string bytes_;
    std::uint64_t length_ = 0;
};

Result<std::unique_ptr<engine::ImageDraft>> SimImages::open(engine::ImageOrder order) {
    return std::unique_ptr<engine::ImageDraft>(std::make_unique<Draft>(*this, std::move(order)));
}

bool SimImages::has(engine::SavedImage const& image) {
    auto const found = folder_.find(image.file);
    return found != folder_.end() && found->second.size() == image.bytes;
}

engine::awaitable<Result<std::vector<std::string>>> SimImages::quarters(engine::SavedImage grid) {
    co_return std::vector<std::string>(4, folder_.at(grid.file));
}

} // namespace darkroom::simulation
