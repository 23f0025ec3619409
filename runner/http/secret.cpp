#include "runner/http/secret.hpp"

#include <fmt/format.h>

#include <random>

namespace darkroom::http {

std::string make_secret() {
    std::random_device system;
    std::string secret;
    for (int i = 0; i < 4; ++i) secret += fmt::format("{:08x}", system());
    return secret;
}

} // namespace darkroom::http
