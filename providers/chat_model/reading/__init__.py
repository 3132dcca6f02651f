"""How texts are read without a model: sentences, words, quantities, identifiers, languages."""
