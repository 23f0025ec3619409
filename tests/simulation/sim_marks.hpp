// Order numbers of attempts in memory: they outlive a process, but not the boot of the machine.
#pragma once

#include "runner/engine/ports.hpp"
#include "tests/simulation/chance.hpp"

#include <map>

namespace darkroom::simulation {

/// The content of the memory-mapped file, and what the numbers of attempts say by themselves.
struct MarkFile {
    struct Mark {
        int life = 0;
        std::string boot;
        std::uint64_t order = 0; ///< 0: not sent.
    };
    std::string boot = "boot-1";
    int life = 0;
    std::uint64_t attempts = 0;
    std::uint64_t orders = 0;
    std::map<std::uint64_t, Mark> marks;        ///< Keyed by attempt.
    std::map<int, std::uint64_t> orders_before; ///< The last order before each life.

    void reboot() { boot = "boot-" + std::to_string(life + 2); }
};

/// The marks of one life: it knows the orders of the last life and its own, as the program does.
class SimMarks final : public engine::SendMarks {
public:
    SimMarks(MarkFile& file, Power const& power) : file_(file), power_(power) {
        file_.orders_before[++file_.life] = file_.orders;
    }

    std::string const& boot() const override { return file_.boot; }
    std::uint64_t next_attempt() override {
        if (!power_.on) return file_.attempts + 1;
        auto& mark = file_.marks[++file_.attempts];
        mark.life = file_.life;
        mark.boot = file_.boot;
        return file_.attempts;
    }
    std::uint64_t mark(std::uint64_t attempt) override {
        if (!power_.on) return file_.orders + 1;
        return file_.marks.at(attempt).order = ++file_.orders;
    }
    std::uint64_t last_order() const override { return file_.orders; }
    std::optional<std::uint64_t> order_of(std::uint64_t attempt,
                                          std::string const& boot) const override {
        auto const found = file_.marks.find(attempt);
        if (boot != file_.boot || found == file_.marks.end()) return std::nullopt;
        if (found->second.boot != boot) return std::nullopt;
        if (found->second.life + 1 < file_.life) return std::nullopt;
        return found->second.order;
    }
    engine::SendOrder bounds_of(std::uint64_t attempt, std::string const&) const override {
        auto const found = file_.marks.find(attempt);
        auto const first_here = file_.orders_before.at(file_.life);
        if (found == file_.marks.end()) return {0, first_here};
        auto const life = found->second.life;
        auto const next = file_.orders_before.find(life + 1);
        auto const last = next == file_.orders_before.end() ? file_.orders : next->second;
        return {file_.orders_before.at(life) + 1, last};
    }

private:
    MarkFile& file_;
    Power const& power_;
};

} // namespace darkroom::simulation
