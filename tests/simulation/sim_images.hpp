// A directory of images in memory; a file under its final name survives a crash.
#pragma once

#include "runner/engine/ports.hpp"
#include "tests/simulation/chance.hpp"

#include <cerrno>
#include <limits>
#include <map>

namespace darkroom::simulation {

using Folder = std::map<std::string, std::string>; ///< The bytes by name.

class SimImages final : public engine::ImageStore {
public:
    SimImages(Clock& clock, Chance& chance, Power const& power, Folder& folder)
        : clock_(clock), chance_(chance), power_(power), folder_(folder) {}
    Result<std::unique_ptr<engine::ImageDraft>> open(engine::ImageOrder order) override;
    bool has(engine::SavedImage const& image) override;
    Result<> check_room(int generations) override {
        if (generations <= room) return {};
        return system_error_of(ENOSPC, "the disk of the test");
    }
    engine::awaitable<Result<std::vector<std::string>>> quarters(engine::SavedImage grid) override;

    int room = std::numeric_limits<int>::max(); ///< The generations that the disk has room for.
    Duration landing_time{};                    ///< Besides the usual milliseconds.

private:
    class Draft;
    Clock& clock_;
    Chance& chance_;
    Power const& power_;
    Folder& folder_;
};

} // namespace darkroom::simulation
