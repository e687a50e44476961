//! Finds the circles in a graph.

/// The circles of a graph, each once. A circle is a list of nodes: each has an edge to the next, and the last to the
/// first. It begins with its smallest node. `edges` has the targets of each node's edges.
///
/// Not every circle is in the list if circles share edges. But if the list is empty, there is no circle.
pub(crate) fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut circles = Vec::new();
    // How many edges of each node the search has followed. Once it is all of them, the search is done with the node.
    let mut followed = vec![0; edges.len()];
    let mut path = Vec::new();
    for start in 0..edges.len() {
        path.push(start);
        while let Some(&last) = path.last() {
            let Some(&next) = edges[last].get(followed[last]) else {
                path.pop();
                continue;
            };
            followed[last] += 1;
            match path.iter().position(|node| *node == next) {
                Some(first) => circles.push(from_smallest(&path[first..])),
                None => path.push(next),
            }
        }
    }
    circles
}

fn from_smallest(circle: &[usize]) -> Vec<usize> {
    let mut circle = circle.to_vec();
    let smallest = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap_or_default();
    circle.rotate_left(smallest);
    circle
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::circles;

    #[test]
    fn each_circle_begins_with_its_smallest_node() {
        let edges = [vec![2], vec![2, 3], vec![1], vec![4], vec![1, 4]];
        assert_eq!(circles(&edges), [vec![1, 2], vec![1, 3, 4], vec![4]]);
        assert!(circles(&[vec![1, 2], vec![2], vec![]]).is_empty());
    }

    proptest! {
        #[test]
        fn there_is_a_circle_if_and_only_if_the_graph_cannot_be_taken_apart(
            edges in (1..10_usize).prop_flat_map(|nodes| {
                proptest::collection::vec(proptest::collection::vec(0..nodes, 0..3), nodes)
            }),
        ) {
            let mut left: Vec<usize> = (0..edges.len()).collect();
            while let Some(at) = left.iter().position(|node| edges[*node].iter().all(|to| !left.contains(to))) {
                left.remove(at);
            }
            let found = circles(&edges);
            prop_assert_eq!(found.is_empty(), left.is_empty());
            for circle in found {
                prop_assert_eq!(circle.iter().min(), circle.first());
                for (at, node) in circle.iter().enumerate() {
                    prop_assert!(edges[*node].contains(&circle[(at + 1) % circle.len()]));
                }
            }
        }
    }
}
