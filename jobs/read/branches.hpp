// Reads `then:` and `chain:`, the branches below an image, and checks them against what it can
// offer.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/read/text_check.hpp"
#include "jobs/services/service_model.hpp"
#include "jobs/yaml/values.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// An image that a branch may start from. Without a kind nothing is known of it, and everything is
/// allowed.
struct Origin {
    std::string action;
    std::optional<ResultKind> kind;
};

/// Reads the tree below the images in `origins`. `variables` are the names that a prompt may use,
/// see read_template(); they and the service must outlive this.
class BranchReader {
public:
    BranchReader(ServiceModel const& service, Findings& findings,
                 std::vector<std::string> const* variables)
        : service_(service), findings_(findings), variables_(variables) {}

    std::vector<Branch> read_then(Member const& then, std::vector<Origin> const& origins);
    /// Warns of a pick below an image of which no file is kept.
    void check_visible(Member const& then, bool is_kept, std::vector<Branch> const& branches);
    std::vector<Branch> read_chain(Member const& chain, Origin const& origin);

private:
    Branch read_entry(Member const& entry, std::vector<Origin> const& origins);
    std::vector<Origin> read_actions(Member const& action, Node const& entry, Branch& branch,
                                     std::vector<Origin> const& origins);
    void check_needs(Text const& name, Node const* entry);
    std::vector<Origin> read_pick(Member const& pick, Node const& entry, Branch& branch,
                                  std::vector<Origin> const& origins);
    void read_fields(Node const& map, Branch& branch);
    void check_fields(Node const& map, std::string const& action);
    /// The images that `name` makes of those in `origins`; errors if some can't offer it.
    std::vector<Origin> follow(Text const& name, std::vector<Origin> const& origins);
    std::vector<Origin> follow_glob(Text const& glob, std::vector<Origin> const& origins);
    void check_origin(Text const& name, Origin const& origin);
    void check_unknown(Text const& name);
    void check_twice(Member const& then, std::vector<Branch> const& branches);
    void check_picked_twice(Member const& then, std::vector<Branch> const& branches);

    ServiceModel const& service_;
    Findings& findings_;
    std::vector<std::string> const* variables_;
};

/// Returns the number of steps that a tree can lead to below an image of `kind`, with globs giving
/// all they can; UINT64_MAX when there are more.
std::uint64_t most_steps(ServiceModel const& service, std::vector<Branch> const& then,
                         ResultKind kind);

} // namespace darkroom::jobs
