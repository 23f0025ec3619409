// A machine of a world of many hosts, and one life of the program on it.
#pragma once

#include "runner/engine/conductor.hpp"
#include "runner/postgres/postgres_ledger.hpp"
#include "tests/simulation/hosts.hpp"
#include "tests/simulation/machine_clock.hpp"
#include "tests/simulation/sim_images.hpp"
#include "tests/simulation/sim_journal.hpp"
#include "tests/simulation/sim_marks.hpp"
#include "tests/simulation/sim_provider.hpp"
#include "tests/simulation/tracer.hpp"

namespace darkroom::simulation {

/// The part of the campaign that a run is for, on whichever machine.
struct Hosts::Shard {
    std::vector<std::shared_ptr<jobs::Item const>> items;
};

struct Hosts::Machine {
    Machine(Clock& world, std::string called) : name(std::move(called)), clock(world) {}

    std::string name;
    int shard = 0;
    MachineClock clock;
    Power power;
    Disk disk;
    Folder folder;
    MarkFile marks;
    int directories = 1; ///< It is the so-many-th run directory on this machine.
    bool has_spoken = false;
    bool is_cut_from_store = false;
    bool is_cut_from_service = false;
    bool is_frozen = false;
    jobs::Delivery delivery = jobs::Delivery::stream;
    engine::EngineOptions options;
    std::unique_ptr<Life> life;
    bool must_start = false;
    bool has_ended = false;    ///< Nobody starts it again.
    std::size_t strike_in = 0; ///< After so many handlers; 0: never.
    engine::RunResult result;
};

struct Hosts::Life {
    Life(Hosts& hosts, Machine& machine);

    boost::asio::io_context context;
    std::int64_t process;
    TaskGroup tasks{context.get_executor()};
    TaskGroup helpers{context.get_executor()};
    Tracer observer;
    SimJournal journal;
    SimImages images;
    SimDone done;
    SimMarks marks;
    SimProvider provider;
    postgres::PostgresLedger ledger;
    std::optional<engine::Conductor> conductor;
    std::size_t next = 0;
    bool is_over = false;
    Error refusal; ///< Why it was not begun.
    std::exception_ptr defect;
    engine::RunResult result;
};

} // namespace darkroom::simulation
