// The state that the handlers of the service share.
#pragma once

#include "runner/studio/http/client.hpp"
#include "runner/studio/tasks/allowances.hpp"
#include "runner/studio/tasks/archive.hpp"
#include "runner/studio/tasks/ids.hpp"
#include "runner/studio/tasks/input_store.hpp"
#include "runner/studio/tasks/ledger.hpp"
#include "runner/studio/tasks/links.hpp"
#include "runner/studio/tasks/options.hpp"
#include "runner/studio/tasks/task.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace darkroom::studio {

/// One server's state. Belongs to one thread; owned by the Server and outlives every task.
struct ServerState {
    boost::asio::any_io_executor executor;
    Clock& clock;
    ServerOptions options;
    FaultScript faults;
    Ids ids;
    TaskBook tasks;
    Ledger ledger;
    LinkPolicy links; ///< Complete once the server listens.
    Allowances allowances{options.tokens, options.token_rules};
    InputStore inputs{};
    std::unique_ptr<Archive> archive{}; ///< Null: tasks live in memory only.
    PostPort call_hook{};               ///< Null: hooks are called over the network.
};

} // namespace darkroom::studio
