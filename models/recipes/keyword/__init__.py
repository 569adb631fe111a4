"""The recipe of starter-keyword: ten words learnt from voices that are nobody's."""
