// The service over the network: the engine's Provider.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/engine/ports.hpp"
#include "runner/http/hook.hpp"
#include "runner/net/http_client.hpp"
#include "runner/net/proxy.hpp"
#include "runner/provider/held_images.hpp"
#include "runner/provider/masked_wire.hpp"
#include "runner/provider/problem.hpp"
#include "runner/provider/tokens.hpp"

#include <map>

namespace darkroom::net {
class TlsContext;
struct NoHttp2;
} // namespace darkroom::net

namespace darkroom::provider {

struct ClientOptions {
    std::string url = "https://api.acedata.cloud"; ///< May have a path before the endpoints'.
    /// Keyed by account; "" is the one without a name. An account that is not here sends no header,
    /// and never another one's token.
    std::map<std::string, std::string> tokens;
    /// Is asked for an account's token once more after the service has refused the one in use;
    /// empty: never.
    RenewToken renew_token;
    std::string identity;            ///< Names the service where its URL changes; "": the URL does.
    bool has_spoken = false;         ///< The URL was heard as the service in an earlier run.
    std::function<void()> on_spoken; ///< Called with the first word of the service, once; or empty.
    ServiceWire const* wire = &default_wire(); ///< Never null.
    jobs::Delivery delivery = jobs::Delivery::stream;
    std::string callback_listen;     ///< "ADDRESS:PORT"; "" for no callbacks.
    std::string callback_public_url; ///< The listener from outside; "" for its own address.
    jobs::Timeouts timeouts;
    std::shared_ptr<net::TlsContext> tls; ///< Whom to trust; null: the system's authorities.
    net::Proxy proxy;
    jobs::HttpVersions http = jobs::HttpVersions::any;
    std::function<void(net::NoHttp2 const&)> on_no_http2; ///< See net::ConnectionOptions; or empty.
    std::shared_ptr<net::Recording> recording; ///< Gets all requests and answers, or null.
    std::shared_ptr<net::Exchanger> exchanger; ///< Null: connections with `tls` and `proxy`.
    std::shared_ptr<http::Hook> hook; ///< Null: a listener, where `callback_listen` asks for one.
};

/// Sends the token to the service's own origin only: images are fetched without it, whatever their
/// host. No text that leaves the client has a token in it; see MaskedWire. Cancel of any function:
/// terminal; throws operation_aborted.
class Client final : public engine::Provider {
public:
    /// `clock` is that of the exchanger and outlives the client. Errors: net::Errc::bad_url; a
    /// token that cannot be used (invalid_argument); the system's, when it cannot listen for
    /// callbacks.
    static Result<std::unique_ptr<Client>> create(boost::asio::any_io_executor executor,
                                                  Clock& clock, ClientOptions options);

    /// Listens for callbacks, where there are some.
    bool attend(TaskGroup& group, engine::UpdateSink& updates) override;
    engine::awaitable<engine::SubmitResult> submit(engine::Submission submission,
                                                   engine::ProgressSink& progress) override;
    /// Returns "URL#" with a digest of the token, or only the URL of a service without tokens; with
    /// ClientOptions::identity in place of the URL, where there is one.
    std::string identity_of(std::string const& account) const override;
    std::optional<std::chrono::milliseconds> service_ahead() const override {
        return service_ahead_;
    }
    engine::TaskAccess task_access() const override { return wire_.task_access(); }
    engine::awaitable<std::variant<engine::TaskPage, engine::Problem>>
    look_up(engine::TaskQuery query) override;
    engine::awaitable<std::optional<engine::Problem>> fetch(engine::ImageLink link,
                                                            ByteSink& into) override;

private:
    /// A paid request, and the time that it may take.
    struct PaidPost {
        net::PostRequest post;
        net::TimeLimits limits;
        bool later = false; ///< The answer may be a task that goes on.
    };

    Client(boost::asio::any_io_executor executor, Clock& clock, ClientOptions options,
           net::Url base);
    Result<> open_hook(boost::asio::any_io_executor executor);
    net::PostRequest post_of(WireRequest asked, std::string const& account) const;
    PaidRequest paid_request(engine::Submission const& submission) const;
    PaidPost paid_post(engine::Submission const& submission, engine::ProgressSink& progress) const;
    engine::awaitable<engine::SubmitResult> submit_with_fresh_token(engine::Submission submission,
                                                                    engine::ProgressSink& progress);
    engine::awaitable<engine::SubmitResult> submit_once(engine::Submission submission,
                                                        engine::ProgressSink& progress);
    engine::awaitable<engine::SubmitResult> read_answer(engine::awaitable<net::Reply> answer,
                                                        std::unique_ptr<SubmitReader> reader,
                                                        bool later);
    engine::SubmitResult result_of(net::Reply const& reply, SubmitReader const& reader, bool later);
    engine::awaitable<std::variant<engine::TaskPage, engine::Problem>>
    look_up_once(engine::TaskQuery query);
    engine::Problem look_up_failure(net::Reply const& reply, Error const& why);
    ServiceView view() const { return {wire_, base_.shown(), has_spoken_}; }
    void note_spoken();
    void note_word(net::Reply const& reply);
    bool take_callback(http::HookPost const& post, engine::UpdateSink& updates);
    engine::Problem without_tokens(engine::Problem problem) const;
    engine::Outcome own(engine::Outcome outcome);
    engine::Answer own(engine::Answer answer);
    std::string link_to_send(std::string const& link) const;
    net::Url target_to_send(net::Url target) const;
    std::optional<engine::Problem> write_held(std::string const& link, ByteSink& into);

    Clock& clock_;
    ClientOptions options_;
    Tokens tokens_;
    MaskedWire wire_;
    net::Url base_;
    net::HttpClient http_;
    HeldImages held_;
    std::shared_ptr<http::Hook> hook_; ///< Null without callbacks.
    std::string callback_url_;
    bool has_spoken_ = false;
    std::optional<std::chrono::milliseconds> service_ahead_;
};

} // namespace darkroom::provider
