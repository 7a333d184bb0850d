"""What a customer is worth in the months to come: by contract (`shifted_beta_geometric`, `beta_logistic`) or by habit
(`bg_nbd`, `gamma_gamma`)."""
