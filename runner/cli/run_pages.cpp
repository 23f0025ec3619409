#include "runner/cli/run_pages.hpp"

#include "runner/cli/dashboard_files.hpp"

namespace darkroom::cli {

namespace asio = boost::asio;

http::Reply plain_reply(int status, std::string body) {
    http::Reply reply;
    reply.status = status;
    reply.headers = {{"content-type", "text/plain; charset=utf-8"}};
    reply.body = std::move(body);
    return reply;
}

http::Reply data_reply(std::string_view type, std::string_view cache, std::string body) {
    http::Reply reply;
    reply.headers = {{"content-type", std::string(type)}, {"cache-control", std::string(cache)}};
    reply.body = std::move(body);
    return reply;
}

void make_private(http::Headers& headers) {
    headers.push_back({"referrer-policy", "no-referrer"});
    headers.push_back({"x-content-type-options", "nosniff"});
    headers.push_back({"cross-origin-resource-policy", "same-origin"});
    headers.push_back({"x-frame-options", "DENY"});
}

/// Adds to a sum while it exists.
class RunPages::Held {
public:
    Held(std::size_t& sum, std::size_t bytes) : sum_(sum), bytes_(bytes) { sum_ += bytes_; }
    Held(Held const&) = delete;
    Held& operator=(Held const&) = delete;
    ~Held() { sum_ -= bytes_; }

private:
    std::size_t& sum_;
    std::size_t bytes_;
};

RunPages::~RunPages() {
    pool_.stop(); // nobody waits for what is queued
    pool_.join();
}

asio::awaitable<http::Reply> RunPages::reply_to(http::Exchange& exchange, std::string path) {
    http::Reply reply;
    if (path.empty())
        reply = co_await page();
    else
        reply = co_await picture(exchange, std::move(path));
    co_return reply;
}

asio::awaitable<void> RunPages::send(http::Exchange& exchange, http::Reply reply) {
    bool const is_too_much = bytes_held_ + reply.body.size() > bytes_held_max;
    if (is_too_much) reply = plain_reply(503, "too many large answers at once; try again");
    Held const held(bytes_held_, reply.body.size());
    make_private(reply.headers);
    auto const sent = co_await exchange.answer(std::move(reply));
    (void)sent; // a viewer may leave at any time
}

asio::awaitable<http::Reply> RunPages::page() {
    std::function<Result<std::string>()> write = [directory = directory_, run = run_] {
        return served_gallery(directory, run);
    };
    auto text = co_await on_pool(pool_, std::move(write));
    if (text.has_error()) co_return plain_reply(500, text.error().message());
    co_return data_reply("text/html; charset=utf-8", "no-store", std::move(*text));
}

/// `thumbs/SHA256.webp?file=PATH` is a thumbnail, any other path a picture.
asio::awaitable<http::Reply> RunPages::picture(http::Exchange& exchange, std::string path) {
    auto const& query = exchange.request();
    auto const of = query.argument("file");
    auto const file = relative_path_of(of ? *of : std::string_view(path));
    auto const type = media_type_of(file);
    if (type.empty()) co_return plain_reply(404, "there is no such picture");
    constexpr std::string_view thumbs = "thumbs/";
    bool const is_small = of && path.starts_with(thumbs) && path.ends_with(".webp");
    auto const sha256 = is_small ? path.substr(thumbs.size(), path.size() - thumbs.size() - 5) : "";
    std::function<Result<std::string>()> read = [directory = directory_, file, sha256, is_small] {
        return is_small ? read_thumbnail(directory, file, sha256) : read_picture(directory, file);
    };
    auto bytes = co_await on_pool(pool_, std::move(read));
    if (bytes.has_error()) co_return plain_reply(404, "there is no such picture");
    co_return data_reply(is_small ? "image/webp" : type, "private, max-age=600", std::move(*bytes));
}

} // namespace darkroom::cli
