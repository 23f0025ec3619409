#include "runner/cli/hooks.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/hook_command.hpp"
#include "runner/cli/network.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/cli/token.hpp"
#include "runner/cli/webhook.hpp"
#include "runner/report/terminal_text.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

[[noreturn]] void refuse_hook(jobs::Hook const& hook, ExitCode code, std::string text) {
    auto finding = hook.at;
    finding.text = std::move(text);
    complain(finding);
    throw Quit(code, "");
}

std::string secret_of(jobs::Hook const& hook, std::string_view key) {
    try {
        return read_secret(hook.secret);
    } catch (Quit const& quit) {
        refuse_hook(hook, ExitCode::no_input, fmt::format("hooks.{}: {}", key, quit.what()));
    }
}

} // namespace

bool calls_on_finish(ExitCode code) { return code != ExitCode::interrupted; }

bool calls_on_failure(ExitCode code) { return calls_on_finish(code) && code != ExitCode::ok; }

RunHooks::RunHooks(jobs::JobFile const& file)
    : file_(file), on_finish_(ready("on_finish", file.hooks.on_finish)),
      on_failure_(ready("on_failure", file.hooks.on_failure)) {}

std::optional<RunHooks::Ready> RunHooks::ready(std::string key,
                                               std::optional<jobs::Hook> const& hook) const {
    if (!hook) return std::nullopt;
    if (hook->url.empty()) {
        auto const why = why_no_program(hook->command.front());
        if (!why.empty())
            refuse_hook(*hook, ExitCode::no_input, fmt::format("hooks.{}: {}", key, why));
        return Ready{std::move(key), *hook, "", {}};
    }
    auto const url = net::parse_url(hook->url);
    if (url.has_error())
        refuse_hook(*hook, ExitCode::bad_file, fmt::format("hooks.{}: 'url' is no address", key));
    (void)trust_in(file_.service.ca_file);
    (void)proxy_of(file_.service.proxy);
    auto secret = secret_of(*hook, key);
    bool const is_file = hook->secret.kind == jobs::TokenSource::Kind::file;
    auto const warning =
        is_file ? file_warning(hook->secret.words.front(), "secret") : std::nullopt;
    if (warning) complain(*warning);
    return Ready{std::move(key), *hook, std::move(secret), *url};
}

bool RunHooks::has_any_for(ExitCode code) const {
    return (on_finish_ && calls_on_finish(code)) || (on_failure_ && calls_on_failure(code));
}

Result<> RunHooks::run_one(Ready const& ready, std::string const& summary) const {
    if (ready.hook.url.empty())
        return run_hook_command(ready.hook, summary + "\n", token_variables(file_.service));
    return send_webhook({ready.url, ready.secret, ready.hook.deadline}, file_.service, summary);
}

void RunHooks::run(ExitCode code, json::Value const& summary,
                   std::function<void(std::string const&)> const& warn) const {
    auto const text = report::harmless_json(json::write(summary));
    for (auto const* one : {&on_finish_, &on_failure_}) {
        bool const is_called = one == &on_finish_ ? calls_on_finish(code) : calls_on_failure(code);
        if (!*one || !is_called) continue;
        if (has_noted_stop()) return warn(fmt::format("hooks.{} was left out", (*one)->key));
        try {
            auto const ran = run_one(**one, text);
            if (ran.has_error())
                warn(fmt::format("hooks.{}: {}", (*one)->key, ran.error().message()));
        } catch (std::exception const& error) { // nothing that a hook does changes the run
            warn(fmt::format("hooks.{}: {}", (*one)->key, error.what()));
        }
    }
}

} // namespace darkroom::cli
