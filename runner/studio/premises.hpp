// What the desks of the service share.
#pragma once

#include "runner/studio/allowances.hpp"
#include "runner/studio/archive.hpp"
#include "runner/studio/http_get.hpp"
#include "runner/studio/ids.hpp"
#include "runner/studio/input_store.hpp"
#include "runner/studio/ledger.hpp"
#include "runner/studio/links.hpp"
#include "runner/studio/options.hpp"
#include "runner/studio/task.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace darkroom::studio {

/// One server's state. All on one thread; owned by the Server and older than every task.
struct Premises {
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
