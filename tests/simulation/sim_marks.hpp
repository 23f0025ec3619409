// Order numbers of attempts in memory: they outlive a process, but not the boot of the machine.
#pragma once

#include "runner/engine/ports.hpp"
#include "tests/simulation/chance.hpp"

#include <map>

namespace darkroom::simulation {

/// The content of the memory-mapped file.
struct MarkFile {
    std::string boot = "boot-1";
    std::uint64_t attempts = 0;
    std::uint64_t orders = 0;
    std::map<std::uint64_t, std::uint64_t> order_of; ///< Keyed by attempt, since the boot.

    void reboot() {
        boot = "boot-" + std::to_string(orders + attempts + 2);
        order_of.clear();
    }
};

/// The marks of one life.
class SimMarks final : public engine::SendMarks {
public:
    SimMarks(MarkFile& file, Power const& power)
        : file_(file), power_(power), first_(++file.orders) {}

    std::string const& boot() const override { return file_.boot; }
    std::uint64_t next_attempt() override {
        return power_.on ? ++file_.attempts : file_.attempts + 1;
    }
    std::uint64_t mark(std::uint64_t attempt) override {
        if (!power_.on) return file_.orders + 1;
        return file_.order_of[attempt] = ++file_.orders;
    }
    std::optional<std::uint64_t> order_of(std::uint64_t attempt,
                                          std::string const& boot) const override {
        if (boot != file_.boot) return std::nullopt;
        auto const found = file_.order_of.find(attempt);
        return found == file_.order_of.end() ? 0 : found->second;
    }
    std::uint64_t first_order() const override { return first_; }

private:
    MarkFile& file_;
    Power const& power_;
    std::uint64_t first_;
};

} // namespace darkroom::simulation
