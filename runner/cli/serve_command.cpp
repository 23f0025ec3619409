// `darkroom serve`
#include "runner/base/number.hpp"
#include "runner/base/task_group.hpp"
#include "runner/base/time_text.hpp"
#include "runner/base/web_address.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/cli/token.hpp"
#include "runner/studio/server.hpp"
#include "runner/studio/tasks/account_file.hpp"

#include "jobs/yaml/data_file.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr auto about_serve =
    R"(Starts the built-in service: the API on this machine.
For rehearsals and tests. Prints its URL on standard output, then serves until Ctrl-C.

Examples:
  darkroom serve                                    on http://127.0.0.1:7700, any token
  darkroom serve --listen 127.0.0.1:0 --latency 200ms --image-size 256
  darkroom serve --tls-cert cert.pem --tls-key key.pem --tokens tokens.json
  darkroom serve --faults faults.yaml               fails on purpose
  darkroom serve --data studio --accounts 4         stores its tasks; four accounts draw
  darkroom serve --replay bug.jsonl                 replays 'run --record bug.jsonl'
)";

struct ServeOptions {
    studio::ServerOptions server;
    std::string listen = "127.0.0.1:7700";
    std::string latency = "2s";
    std::string link_life = "0s";
    std::string clips = "auto";
    std::string inputs = "any";
    std::string certificate;
    std::string key;
    std::string faults;
    std::string data;
    std::string accounts;
    std::size_t slots = 3;
    std::string tokens;
    std::string replay;
    double replay_speed = 1;
    bool no_service_paths = false;
};

/// "HOST:PORT", "[::1]:PORT", ":PORT" or "PORT".
studio::ListenAddress address_of(std::string const& text) {
    studio::ListenAddress address;
    auto const colon = text.rfind(':');
    auto const port = colon == std::string::npos ? text : text.substr(colon + 1);
    auto host = colon == std::string::npos ? std::string() : text.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    if (!host.empty()) address.host = host;
    auto const number = parse_whole<std::uint16_t>(port);
    if (!number)
        throw Quit(ExitCode::usage,
                   fmt::format("--listen {}: use HOST:PORT, like 127.0.0.1:7700", text));
    address.port = *number;
    return address;
}

Duration time_of(std::string const& flag, std::string const& text) {
    auto const time = parse_duration(text);
    if (!time) throw Quit(ExitCode::usage, fmt::format("{} {}: use a time like 2s", flag, text));
    return *time;
}

/// Reads --accounts: a number makes that many equal accounts; anything else names a file.
std::vector<studio::AccountRule> accounts_of(ServeOptions const& options) {
    auto const& text = options.accounts;
    auto const count = parse_whole<std::size_t>(text);
    if (count && (*count < 1 || *count > 1000))
        throw Quit(ExitCode::usage, "--accounts: from 1 to 1000 of them, or a FILE");
    if (!count) {
        auto rules = studio::load_accounts(text);
        if (rules.has_error()) throw Quit(ExitCode::bad_file, rules.error().message());
        return std::move(*rules);
    }
    std::vector<studio::AccountRule> rules(*count);
    for (std::size_t i = 0; i < *count; ++i) {
        rules[i].id = fmt::format("account-{}", i + 1);
        rules[i].slots = options.slots;
    }
    return rules;
}

/// Reads the YAML here: the built-in service shares no reader with its clients.
studio::FaultScript faults_of(std::string const& path) {
    auto const file = jobs::DataFile::load(path);
    if (file.has_error()) throw Quit(ExitCode::bad_file, "--faults: " + file.error().message());
    auto const place_of = [&file](std::size_t rule, std::string_view key) {
        return file->place({"faults", std::to_string(rule), std::string(key)});
    };
    auto faults = studio::read_fault_script(file->value(), place_of);
    if (faults.has_error()) throw Quit(ExitCode::bad_file, "--faults: " + faults.error().message());
    return std::move(*faults);
}

/// Maps the words that CLI11 accepts.
studio::ClipFormat clips_of(std::string const& word) {
    if (word == "webp") return studio::ClipFormat::webp;
    return word == "mp4" ? studio::ClipFormat::mp4 : studio::ClipFormat::best;
}

studio::ServerOptions server_options_of(ServeOptions const& options) {
    auto server = options.server;
    server.listen = address_of(options.listen);
    server.latency = time_of("--latency", options.latency);
    server.link_life = time_of("--link-life", options.link_life);
    if (options.certificate.empty() != options.key.empty())
        throw Quit(ExitCode::usage, "--tls-cert and --tls-key belong together");
    if (!options.certificate.empty())
        server.tls = studio::TlsFiles{options.certificate, options.key};
    if (!options.accounts.empty()) server.accounts = accounts_of(options);
    server.clips = clips_of(options.clips);
    server.fetch_inputs = options.inputs == "any";
    server.notify = [](std::string const& sentence) { complain(sentence); };
    server.service_paths = !options.no_service_paths;
    if (!options.tokens.empty()) {
        auto rules = studio::load_tokens(options.tokens);
        if (rules.has_error()) throw Quit(ExitCode::bad_file, rules.error().message());
        server.token_rules = std::move(*rules);
    }
    if (options.faults.empty()) return server;
    server.faults = faults_of(options.faults);
    return server;
}

/// Prints a warning for each way in which others may use the service, or read its tokens.
void warn(ServeOptions const& options, studio::ListenAddress const& address) {
    if (!options.tokens.empty()) {
        if (auto const warning = file_warning(options.tokens)) complain(*warning);
    }
    bool const needs_token = !options.server.tokens.empty() || !options.tokens.empty();
    if (is_loopback_host(address.host)) return;
    if (!options.replay.empty())
        complain("warning: a replay asks for no token: whoever reaches this port can read the "
                 "recording; --listen 127.0.0.1:PORT keeps others out");
    else if (!needs_token)
        complain("warning: any token is accepted: whoever reaches this port can use the service "
                 "and read its prompts; use --tokens FILE, or --listen 127.0.0.1:PORT");
}

/// Serves until the first signal.
asio::awaitable<void> serve_until_signal(studio::Server& server, asio::signal_set& signals) {
    auto const executor = co_await asio::this_coro::executor;
    TaskGroup serving(executor);
    serving.spawn(server.run());
    co_await signals.async_wait(asio::use_awaitable);
    complain("Stopping.");
    server.stop();
    co_await serving.join();
}

ExitCode serve(ServeOptions const& options) {
    SteadyClock clock;
    asio::io_context context(1);
    studio::Server server(context.get_executor(), clock, server_options_of(options));
    auto const listening = server.listen();
    if (listening.has_error()) throw Quit(ExitCode::usage, listening.error().message());
    if (!options.data.empty()) {
        auto const kept = server.keep_in(options.data);
        if (kept.has_error()) throw Quit(ExitCode::disk, kept.error().message());
    }
    if (!options.replay.empty()) {
        auto const playing = server.play({options.replay, options.replay_speed});
        if (playing.has_error()) throw Quit(ExitCode::bad_file, playing.error().message());
    }
    warn(options, address_of(options.listen));
    asio::signal_set signals(context); // who reads the URL may already stop it
    add_stop_signals(signals);
    print_line(server.url());
    complain("Serving. Ctrl-C stops; what was charged is at /__service/ledger.");
    std::exception_ptr defect;
    auto on_end = [&defect](std::exception_ptr error) { defect = error; };
    asio::co_spawn(context, serve_until_signal(server, signals), on_end);
    context.run();
    if (defect) std::rethrow_exception(defect);
    return ExitCode::ok;
}

/// Adds the options of the pictures: their size, their latency, the accounts that draw them.
void add_drawing_options(Command const& command, ServeOptions& options) {
    auto& server = options.server;
    command.add_option("--latency", options.latency, "how long a generation takes")
        .type_name("TIME");
    command.add_option("--image-size", server.image_size, "side of a grid in pixels")
        .range(64, 8192)
        .type_name("PIXELS");
    command.add_option("--clips", options.clips, "auto: MP4 where ffmpeg can make it, else WebP")
        .one_of({"auto", "webp", "mp4"})
        .type_name("FORMAT");
    command.add_option("--seed", server.seed, "draw other pictures for the same prompts")
        .type_name("N");
    command
        .add_option("--accounts", options.accounts,
                    "the accounts that draw: their number, or a JSON list")
        .type_name("N|FILE");
    command.add_option("--slots", options.slots, "generations at once for each of the N accounts")
        .range(1, 10'000)
        .type_name("N");
    command
        .add_option("--queue", server.queue_max, "tasks that may wait for an account; more get 429")
        .type_name("N");
    command.add_option("--data", options.data, "store tasks there for the next process")
        .type_name("DIR");
    command
        .add_option("--faults", options.faults,
                    "fail on purpose as this script says: docs/faults.md")
        .type_name("FILE");
}

/// Adds the options that answer from a recording.
void add_replay_options(Command const& command, ServeOptions& options) {
    auto const replay =
        command.add_option("--replay", options.replay, "answer from a recording of 'run --record'");
    replay.type_name("FILE").excludes("--faults").excludes("--data").excludes("--accounts");
    command.add_option("--replay-speed", options.replay_speed, "2: twice as fast")
        .needs(replay)
        .range(0.01, 10'000.0)
        .type_name("FACTOR");
}

/// Adds the options of the server and its clients.
void add_client_options(Command const& command, ServeOptions& options) {
    auto& server = options.server;
    command.add_option("--listen", options.listen, "where to listen; port 0 is a free one")
        .type_name("HOST:PORT");
    command.add_option("--tls-cert", options.certificate, "PEM; serves HTTPS").type_name("FILE");
    command.add_option("--tls-key", options.key, "PEM").type_name("FILE");
    command
        .add_option("--host", server.hosts,
                    "a further name of this machine that requests may name (repeatable)")
        .type_name("NAME")
        .take_all()
        .one_value();
    command.add_option("--tokens", options.tokens, "accept these tokens: a JSON list")
        .type_name("FILE");
    command
        .add_option("--token", server.tokens,
                    "accept this token, without limits (repeatable); 'ps' shows it to every user "
                    "of this machine: prefer --tokens")
        .type_name("TOKEN")
        .take_all()
        .one_value();
    command
        .add_option("--running-max", server.running_max,
                    "generations at once; more get 429; 0: no limit")
        .type_name("N");
    command
        .add_option("--link-life", options.link_life,
                    "image links expire after this time; 0s: never")
        .type_name("TIME");
    command
        .add_option("--callback-allow", server.callback_allow,
                    "call back to these hosts only, * matches anything; else to this machine")
        .type_name("HOST")
        .take_all()
        .one_value();
    command
        .add_option("--fetch-inputs", options.inputs,
                    "any: fetch the images that requests link to; none: only its own samples")
        .one_of({"any", "none"})
        .type_name("WHICH");
    command.add_flag("--cors", server.cors, "let web pages of any origin use the API");
    command.add_flag("--no-service-paths", options.no_service_paths, "turn /__service off");
}

} // namespace

void add_serve(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("serve", about_serve);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<ServeOptions>();
    add_client_options(command, *options);
    add_drawing_options(command, *options);
    add_replay_options(command, *options);
    command.callback(
        [&command_line, options] { command_line.action = [options] { return serve(*options); }; });
}

} // namespace darkroom::cli
