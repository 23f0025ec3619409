#include "jobs/services/request.hpp"

namespace darkroom::jobs {

std::string Request::action() const { return service->action_of(row(), body); }

std::string Request::prompt() const { return body.text(row().prompt).value_or(""); }

std::string Request::mode() const {
    if (!row().draws()) return {};
    return body.text(service->mode_in).value_or(std::string(service->usual_mode));
}

Digest step_key(Request const& request, std::optional<Digest> const& parent, int repeat) {
    auto const& service = *request.service;
    std::string recipe(service.identity.recipe);
    recipe += '\n' + request.endpoint + '\n';
    recipe += service.canonical_body(request.body) + '\n';
    recipe += (parent ? to_hex(*parent) : "-") + '\n';
    recipe += std::to_string(repeat) + '\n';
    return sha256(recipe);
}

} // namespace darkroom::jobs
