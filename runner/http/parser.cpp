// The one file that sees Beast: everything else speaks of messages, Request and Exchange.
#include "runner/http/parser.hpp"

#include "runner/base/text.hpp"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

namespace darkroom::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

std::string to_text(beast::string_view text) { return {text.data(), text.size()}; }

template <class Parser>
void set_limits(Parser& parser, ParserLimits limits) {
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser.body_limit(limits.body_bytes);
}

/// Beast asserts that it never has to begin again with fewer bytes than the end of a chunked body
/// takes. It does, where that end comes in pieces and is all of the body; so it waits for them.
template <class Parser>
bool waits_for_end_of_chunks(Parser const& parser, std::string_view bytes) {
    constexpr std::string_view shortest_end = "0\r\n\r\n";
    bool const is_chunked = parser.is_header_done() && !parser.is_done() && parser.chunked();
    return is_chunked && bytes.size() < shortest_end.size();
}

template <class Parser>
std::size_t put_into(Parser& parser, std::string_view bytes, bool& needs_more, error_code& ec) {
    needs_more = waits_for_end_of_chunks(parser, bytes);
    if (needs_more) return 0;
    auto const used = parser.put(asio::buffer(bytes.data(), bytes.size()), ec);
    needs_more = ec == beast::http::error::need_more;
    if (needs_more) ec = {};
    return used;
}

template <class Parser>
void end_of(Parser& parser, error_code& ec) {
    if (parser.got_some())
        parser.put_eof(ec);
    else
        ec = beast::http::error::end_of_stream;
}

} // namespace

struct RequestParser::Impl {
    beast::http::request_parser<beast::http::string_body> parser;
};

RequestParser::RequestParser(ParserLimits limits) : impl_(std::make_unique<Impl>()) {
    set_limits(impl_->parser, limits);
}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::put(std::string_view bytes, bool& needs_more, error_code& ec) {
    return put_into(impl_->parser, bytes, needs_more, ec);
}
void RequestParser::put_end(error_code& ec) { end_of(impl_->parser, ec); }
void RequestParser::expect_body() { impl_->parser.eager(true); }
bool RequestParser::has_header() const { return impl_->parser.is_header_done(); }
bool RequestParser::is_complete() const { return impl_->parser.is_done(); }

bool RequestParser::is_http_1_0() const {
    return has_header() && impl_->parser.get().version() < 11;
}
bool RequestParser::keep_alive() const { return impl_->parser.keep_alive(); }
bool RequestParser::expects_continue() const {
    return beast::iequals(impl_->parser.get()[beast::http::field::expect], "100-continue");
}

Request RequestParser::take() {
    auto message = impl_->parser.release();
    Request request;
    request.method = to_text(message.method_string());
    auto const target = to_text(message.target());
    auto const question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    for (auto const& field : message) {
        request.headers.push_back({to_lower(to_text(field.name_string())), to_text(field.value())});
    }
    request.body = std::move(message.body());
    return request;
}

struct ResponseParser::Impl {
    beast::http::response_parser<beast::http::string_body> parser;
};

ResponseParser::ResponseParser(ParserLimits limits) : impl_(std::make_unique<Impl>()) {
    set_limits(impl_->parser, limits);
}
ResponseParser::~ResponseParser() = default;

std::size_t ResponseParser::put(std::string_view bytes, bool& needs_more, error_code& ec) {
    return put_into(impl_->parser, bytes, needs_more, ec);
}
void ResponseParser::put_end(error_code& ec) { end_of(impl_->parser, ec); }
void ResponseParser::expect_body() { impl_->parser.eager(true); }
bool ResponseParser::has_header() const { return impl_->parser.is_header_done(); }
bool ResponseParser::is_complete() const { return impl_->parser.is_done(); }

int ResponseParser::status() const { return static_cast<int>(impl_->parser.get().result_int()); }
std::string ResponseParser::location() const {
    return to_text(impl_->parser.get()[beast::http::field::location]);
}
std::string ResponseParser::take_body() { return std::move(impl_->parser.get().body()); }

int refusal_status(error_code const& ec) {
    if (ec == beast::http::error::end_of_stream || ec == beast::http::error::partial_message)
        return 0;
    if (ec == beast::http::error::header_limit) return 431;
    if (ec == beast::http::error::body_limit) return 413;
    return ec.category() == beast::http::make_error_code(beast::http::error::bad_method).category()
               ? 400
               : 0;
}

error_code overflow_error() { return beast::http::error::buffer_overflow; }

std::string reason_of(int status) {
    return to_text(beast::http::obsolete_reason(static_cast<beast::http::status>(status)));
}

} // namespace darkroom::http
