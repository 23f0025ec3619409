#include "runner/cli/service_link.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/network.hpp"
#include "runner/cli/token.hpp"
#include "runner/net/pooled_exchanger.hpp"
#include "runner/net/recording.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace darkroom::cli {

namespace {

/// Returns the options of the built-in service for one run: nobody else can find it, so it needs no
/// token.
studio::ServerOptions local_options() {
    studio::ServerOptions options;
    options.open = true;
    options.latency = std::chrono::seconds(1);
    options.image_size = 1024;
    options.callback_allow = {"*"}; // the run itself says where to
    return options;
}

/// A file that is there is kept: it may be the only trace of a failure.
[[noreturn]] void throw_recording(Error const& error, std::string const& path) {
    if (error.code == boost::system::errc::file_exists)
        throw Quit(ExitCode::usage, "--record " + path + ": it exists; name another file");
    throw Quit(ExitCode::disk, "--record: " + error.message());
}

std::string words_for(net::NoHttp2 const& server) {
    auto const why = server.why.message();
    if (server.is_for_good)
        return fmt::format("warning: {} offers HTTP/2 and does not speak it ({}); this run uses "
                           "HTTP/1.1 there",
                           server.origin, why);
    return fmt::format("warning: {} ends connections of HTTP/2 before it has spoken ({}); HTTP/1.1 "
                       "is used there for now, and HTTP/2 is tried again",
                       server.origin, why);
}

/// True when a command can print another token in place of a refused one.
bool has_token_command(jobs::Service const& service) {
    auto const is_command = [](jobs::TokenSource const& source) {
        return source.kind == jobs::TokenSource::Kind::command;
    };
    return is_command(service.token) ||
           std::any_of(service.accounts.begin(), service.accounts.end(),
                       [&](jobs::Account const& one) { return is_command(one.token); });
}

} // namespace

ServiceLink::ServiceLink(boost::asio::any_io_executor executor, Clock& clock,
                         jobs::Service const& service, LinkFiles const& files)
    : url_(service.url) {
    provider::ClientOptions options;
    options.wire = provider::find_wire(service.model->name);
    if (options.wire == nullptr)
        throw std::logic_error(fmt::format("'{}' has a model and no wire", service.model->name));
    options.delivery = service.delivery;
    options.timeouts = service.timeouts;
    options.callback_listen = service.callback_listen;
    options.callback_public_url = service.callback_public_url;
    if (service.url == "local") {
        server_ = std::make_unique<studio::Server>(executor, clock, local_options());
        auto const listening = server_->listen();
        if (listening.has_error())
            throw Quit(ExitCode::internal,
                       "the built-in service cannot start: " + listening.error().message());
        url_ = server_->url();
        options.identity = "local"; // its port changes, its tasks stay
        options.has_spoken = true;
    } else {
        options.tokens = read_tokens(service, files.token);
        warnings_ = token_warnings(service, files.token);
        if (files.token.empty() && has_token_command(service)) {
            options.renew_token = [service](std::string const& account) {
                return renewed_token(service, account);
            };
        }
        options.tls = trust_in(service.ca_file);
        set_proxy(options, service);
    }
    options.http = service.http;
    options.on_no_http2 = [this](net::NoHttp2 const& server) {
        if (warn_) warn_(words_for(server));
    };
    options.url = url_;
    note_words(options, files.journal);
    if (!files.record.empty()) {
        auto recording = net::Recording::create(files.record, clock);
        if (recording.has_error()) throw_recording(recording.error(), files.record);
        recording_ = std::move(*recording);
    } else if (files.last_exchanges > 0) {
        recording_ = net::Recording::of_last(files.last_exchanges, clock);
    }
    options.recording = recording_;
    auto client = provider::Client::create(executor, clock, std::move(options));
    if (client.has_error()) throw Quit(ExitCode::bad_file, "service: " + client.error().message());
    client_ = std::move(*client);
}

/// The job file means the service by its proxy, also one on this machine.
void ServiceLink::set_proxy(provider::ClientOptions& options, jobs::Service const& service) {
    options.proxy = proxy_of(service.proxy);
    auto const url = net::parse_url(service.url);
    if (options.proxy.kind == net::Proxy::Kind::none || !url) return;
    options.proxy.named_for = url->origin.text();
    if (options.proxy.is_for(url->origin)) return;
    warnings_.push_back(fmt::format("warning: requests to {} go past the proxy of service.proxy: "
                                    "the environment variable NO_PROXY names this host",
                                    url->origin.text()));
}

/// A gateway's page proves nothing once the URL has spoken as the service. Where the journal cannot
/// be read, it is taken to have spoken.
void ServiceLink::note_words(provider::ClientOptions& options, std::string const& journal) {
    if (server_ != nullptr || journal.empty()) return;
    if (store::exists(journal)) {
        auto const spoken = store::has_spoken(journal, url_);
        options.has_spoken = spoken.has_error() || *spoken;
    }
    options.on_spoken = [this, journal] {
        auto const written = store::write_spoken(journal, url_);
        if (written.has_error()) note_failure_ = written.error();
    };
}

Error ServiceLink::recording_failure() const {
    return recording_ ? recording_->failure() : Error();
}

void ServiceLink::keep_exchanges(std::string const& path, std::string const& older) {
    auto const begun = recording_->begin(path, older);
    if (begun.has_error())
        throw Quit(ExitCode::disk, "--keep-exchanges: " + begun.error().message());
}

void ServiceLink::keep_in(std::string const& folder) {
    if (!server_) return;
    auto const kept = server_->keep_in(folder);
    if (kept.has_error())
        throw Quit(ExitCode::disk, "the built-in service: " + kept.error().message());
}

} // namespace darkroom::cli
