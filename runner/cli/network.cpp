#include "runner/cli/network.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

net::Proxy proxy_of(jobs::TokenSource const& source) {
    if (source.kind == jobs::TokenSource::Kind::none) return {};
    auto const& name = source.words.front();
    if (environment(name.c_str()).empty())
        throw Quit(ExitCode::usage,
                   fmt::format("service.proxy names the environment variable {}, which is not set: "
                               "set it to the proxy's address, or leave 'proxy' out to go without",
                               name));
    auto no_proxy = environment("NO_PROXY");
    if (no_proxy.empty()) no_proxy = environment("no_proxy");
    auto proxy = net::parse_proxy({environment(name.c_str()), no_proxy});
    if (proxy.has_error())
        throw Quit(ExitCode::usage, fmt::format("the proxy in the environment variable {}: {}",
                                                name, proxy.error().message()));
    return std::move(*proxy);
}

std::shared_ptr<net::TlsContext> trust_in(std::string const& ca_file) {
    if (ca_file.empty()) return nullptr;
    auto context = net::TlsContext::create(ca_file);
    if (context.has_error())
        throw Quit(ExitCode::no_input, "service.ca_file: " + context.error().message());
    return std::move(*context);
}

} // namespace darkroom::cli
