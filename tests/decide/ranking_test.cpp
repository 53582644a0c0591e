// The ranking figures and those of a threshold, against scikit-learn.
#include "judging.hpp"

namespace {

using judging::Json;

TEST(Ranking, AndCallsAgreeWithScikitLearnOnTiesToo) {
    if (!support::has_python("sklearn")) GTEST_SKIP() << "there is no Python with scikit-learn";
    fettle::Random random(21);
    std::vector<judging::Case> cases;
    Json given = Json::array();
    for (int trial = 0; trial < 200; ++trial) {
        auto c = judging::random_case(random, 120);
        if (trial % 4 == 0)  // no ties, and values that differ in their last bits
            for (double& score : c.scores) score = 1e6 + random.normal() * 1e-9;
        given.push_back({{"scores", c.scores}, {"anomalous", c.anomalous}});
        cases.push_back(std::move(c));
    }
    const Json answer = judging::ask_python(given, R"(
import warnings
import numpy as np
from sklearn import metrics as m
warnings.simplefilter("ignore")
answer = []
for each in given:
    y, s = np.array(each["anomalous"]), np.array(each["scores"])
    c = s > 0.1
    both = c.any() and not c.all()
    answer.append({
        "auroc": m.roc_auc_score(y, s), "average_precision": m.average_precision_score(y, s),
        "f1": m.f1_score(y, c), "accuracy": m.accuracy_score(y, c),
        "balanced_accuracy": m.balanced_accuracy_score(y, c), "recall": m.recall_score(y, c),
        "precision": m.precision_score(y, c) if c.any() else None,
        "specificity": m.recall_score(~y, ~c), "mcc": m.matthews_corrcoef(y, c) if both else None})
)",
                                            "sklearn");
    ASSERT_EQ(answer.size(), cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto judgement = judging::judge(cases[i].scores, cases[i].anomalous, 0.1);
        for (const auto& [name, expected] : answer[i].items()) {
            const auto ours = judging::figure(judgement, name);
            ASSERT_EQ(ours.has_value(), !expected.is_null()) << name;
            if (ours) {
                EXPECT_NEAR(ours->value, expected.get<double>(), 1e-12) << name;
            }
        }
    }
}

}  // namespace
