package detector

// Ablate turns features off by name, and the forest ("forest") or all single
// features ("tails"), until the returned function is called.
func Ablate(names ...string) (restore func()) {
	oldWeights, oldForest := weights, forestWeight
	for _, name := range names {
		switch name {
		case "forest":
			forestWeight = 0
		case "tails":
			weights = [features]float32{}
			forestWeight = 40 // alone, its score from 0.35 on must reach the threshold
		default:
			weights[featureNames[name]] = 0
		}
	}
	return func() { weights, forestWeight = oldWeights, oldForest }
}

var featureNames = map[string]feature{
	"rarity": featRarity, "word": featWord, "sequence": featSequence, "failure": featFailure, "network": featNetwork,
	"level": featLevel, "number": featNumber, "length": featLength, "odd": featOdd, "end": featEnd, "burst": featBurst, "severity": featSeverity,
}
