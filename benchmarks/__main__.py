"""``make bench``: a few minutes, since Lever's limit is kept."""

from __future__ import annotations

from benchmarks import inviting, listing, results, waiting, webhooks


def main() -> None:
    print("Finding candidates")
    listing.run()
    print("Inviting candidates")
    inviting.run()
    print("Pushing results")
    results.run()
    print("Taking deliveries")
    webhooks.run()
    waiting.run()


if __name__ == "__main__":
    main()
