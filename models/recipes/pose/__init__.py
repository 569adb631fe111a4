"""The recipe of starter-pose: seventeen keypoints of one person."""
