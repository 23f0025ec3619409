#include "jobs/plan/request_marks.hpp"

#include "jobs/model/job_spec.hpp"
#include "jobs/services/addresses.hpp"
#include "runner/base/quick_hash.hpp"

#include <algorithm>

namespace darkroom::jobs {

namespace {

/// Returns true when the prompt, unless it is empty, is in a canonical body as it is.
bool prompt_is_plain(Request const& request) {
    auto const key = request.row().prompt;
    auto const& identity = request.service->identity;
    auto const has = [key](auto const& keys) {
        return std::find(keys.begin(), keys.end(), key) != keys.end();
    };
    bool const has_default =
        std::any_of(identity.defaults.begin(), identity.defaults.end(),
                    [key](Identity::Default const& row) { return row.key == key; });
    return !key.empty() && !key.starts_with("x-") && !has_default &&
           !has(identity.delivery_members) && !has(identity.text_members);
}

/// Returns a hash of what is in a step key besides prompt and repeat.
std::uint64_t hash_without_prompt(Request const& request) {
    auto const& service = *request.service;
    auto const hash = quick_hash(service.identity.recipe, 0);
    return quick_hash(service.canonical_body(request.body), quick_hash(request.endpoint, hash));
}

std::uint64_t mark_from(std::uint64_t rest, std::string_view prompt, int repeat) {
    return quick_hash(prompt, rest + static_cast<std::uint64_t>(repeat));
}

bool fills_fields(JobSpec const& job) {
    return std::any_of(
        job.service->fields.begin(), job.service->fields.end(),
        [&job](RequestField const& field) { return address_to_fill(job.fields, field.key); });
}

} // namespace

std::uint64_t mark_of(Request const& request, int repeat) {
    auto const key = request.row().prompt;
    auto const* member = prompt_is_plain(request) ? request.body.find(key) : nullptr;
    if (member == nullptr || !member->is_string())
        return mark_from(hash_without_prompt(request), "", repeat);
    auto rest = request;
    rest.body.erase(key);
    return mark_from(hash_without_prompt(rest), *member->string(), repeat);
}

std::optional<PromptMarks> PromptMarks::of(JobSpec const& job) {
    auto const& service = *job.service;
    auto const& endpoint = service.endpoint_at(job.endpoint);
    bool const works_on_image = !endpoint.source.empty() && !job.images.empty();
    auto const image = works_on_image ? job.images.front() : std::string();
    if (!job.folder.empty() || has_variables(image) || fills_fields(job)) return std::nullopt;
    std::string const any_prompt = "a";
    Request request;
    request.service = &service;
    request.endpoint = job.endpoint;
    request.body = service.first_body(endpoint, {image, any_prompt, job.fields});
    auto const* member = request.body.find(endpoint.prompt);
    bool const is_sent = prompt_is_plain(request) && member != nullptr && member->is_string() &&
                         *member->string() == any_prompt;
    bool const is_set = job.fields.find(endpoint.prompt) != nullptr;
    if (!is_sent || is_set) return std::nullopt;
    request.body.erase(endpoint.prompt);
    return PromptMarks(hash_without_prompt(request));
}

std::uint64_t PromptMarks::mark(std::string_view prompt, int repeat) const {
    return mark_from(rest_, prompt, repeat);
}

} // namespace darkroom::jobs
